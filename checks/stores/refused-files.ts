/** Files of which programs read nothing, or not all, because something in them cannot be read. */

import type { StoreEntry, TrustStore } from '../types.ts';
import type { Collected } from './store-error.ts';

/** An entry that is not read of the file that it lies in. */
export const refusedIn = (entry: StoreEntry, path: string): StoreEntry =>
  entry.trust === 'trusted'
    ? { ...entry, missingFrom: [{ part: 'file', path }, ...(entry.missingFrom ?? [])] }
    : entry;

/** What programs make of it that read nothing of a file with such a problem (`spoils`). */
export const asLoaded = (contents: Collected): Collected => {
  const path = contents.problems.find(({ spoils }) => spoils !== undefined)?.spoils;
  if (path === undefined) return contents;
  return { ...contents, entries: contents.entries.map((entry) => refusedIn(entry, path)) };
};

/**
 * A store as mail servers load it: OpenSSL and GnuTLS refuse a whole bundle for one certificate that they
 * cannot read (SSL_CTX_load_verify_file, gnutls_certificate_set_x509_trust_file). Where mail is not known to
 * be verified with the store, whoever reads it may pass over that one.
 */
export const asMailServersLoad = (store: TrustStore): TrustStore => {
  if (store.mail !== 'verifies') return store;
  return {
    ...store,
    async read(signal) {
      const contents = await store.read(signal);
      return contents.entries === undefined ? contents : asLoaded(contents);
    },
  };
};
