/**
 * The roots that receivers' certificates are verified with: this system's, because receivers inside a company
 * often have certificates of its own authority. Node 22.15 and later read every system's store; Node 20 reads
 * none, so the bundle of a Linux or BSD system is read here, and elsewhere Node's own list has to do.
 */

import { readFile } from 'node:fs/promises';
import * as tls from 'node:tls';

type Env = Readonly<Record<string, string | undefined>>;

/** Debian and its kin, Red Hat's, SUSE's, Alpine's and the BSDs'. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

const readPem = async (path: string): Promise<string | undefined> => {
  try {
    const text = await readFile(path, 'utf8');
    return text.includes('-----BEGIN CERTIFICATE-----') ? text : undefined;
  } catch {
    return undefined;
  }
};

const firstBundle = async (env: Env): Promise<string | undefined> => {
  // As OpenSSL reads it: the file that it names replaces the default one.
  const named = env['SSL_CERT_FILE'];
  for (const path of named === undefined || named === '' ? bundles : [named]) {
    const text = await readPem(path);
    if (text !== undefined) return text;
  }
  return undefined;
};

/** Node's reader of the system's store, where this Node has one. */
const systemStore = (): readonly string[] => {
  const { getCACertificates } = tls as typeof tls & {
    readonly getCACertificates?: (type: 'system') => readonly string[];
  };
  try {
    return getCACertificates?.('system') ?? [];
  } catch {
    return [];
  }
};

/** PEM, one or more certificates each; NODE_EXTRA_CA_CERTS adds to what the system has. */
export const systemRoots = async (env: Env): Promise<readonly string[]> => {
  const own = systemStore();
  const bundle = own.length > 0 ? undefined : await firstBundle(env);
  const roots = own.length > 0 ? own : bundle === undefined ? tls.rootCertificates : [bundle];
  const extra = env['NODE_EXTRA_CA_CERTS'];
  const added = extra === undefined || extra === '' ? undefined : await readPem(extra);
  return added === undefined ? roots : [...roots, added];
};
