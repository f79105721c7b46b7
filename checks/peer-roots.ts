/**
 * The roots that a mail host's chain may end in: those that the profile expects, those that this host
 * trusts, and those that are publicly known. Publicly known are the roots that Node carries, which are
 * Mozilla's for TLS servers, and those that certready's own profiles name, among them some that Mozilla
 * has let go.
 */

import { isForHosts } from './mail-destinations.ts';
import { type Certificate, fingerprint256, parseCertificate } from './pki/certificate.ts';
import { unlessMalformed } from './pki/der.ts';
import { isSelfIssued } from './pki/path-problem.ts';
import { verifiesServers } from './stores/root-in-store.ts';
import { type SeenStore, readOnce, withOnDemand } from './trust-store.ts';
import type { Profile, Run, TrustStore } from './types.ts';

export interface ExpectedRoot {
  readonly id: string;
  readonly certificate: Certificate;
  /** What the stores that mail may depend on say of it; none where none could be read. */
  readonly stores: readonly SeenStore[];
}

export interface PeerRoots {
  readonly expected: readonly ExpectedRoot[];
  readonly trusted: readonly Certificate[];
  readonly known: readonly Certificate[];
  /** False only where every store is known to be unused for mail. */
  readonly verifies: boolean;
}

const parsed = (der: Uint8Array): readonly Certificate[] =>
  unlessMalformed(() => [parseCertificate(der)]) ?? [];

/** Verifiers take only self-issued certificates for roots, unless told otherwise. */
const rootsOf = (ders: Iterable<Uint8Array>): Certificate[] =>
  [...ders].flatMap(parsed).filter(isSelfIssued);

/** The stores that verify mail; where none is known to, those that may; where none may, all. */
const relevant = (seen: readonly SeenStore[]): readonly SeenStore[] => {
  const by = (mail: TrustStore['mail']) => seen.filter(({ store }) => store.mail === mail);
  const [verifying, unknown] = [by('verifies'), by('unknown')];
  if (verifying.length > 0) return verifying;
  return unknown.length > 0 ? unknown : seen;
};

const trustedIn = ({ index }: SeenStore): Certificate[] => {
  const refused = new Set(
    index.entries
      .filter(({ trust }) => trust === 'distrusted')
      .map(({ der }) => fingerprint256(der)),
  );
  const ders = index.entries
    .filter(verifiesServers)
    .map(({ der }) => der)
    .filter((der) => !refused.has(fingerprint256(der)));
  return rootsOf(ders);
};

const distinct = (certificates: readonly Certificate[]): readonly Certificate[] => [
  ...new Map(certificates.map((each) => [fingerprint256(each.raw), each])).values(),
];

const pemBytes = (pem: string): Uint8Array =>
  Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');

/** Read once per run, whatever the number of mail hosts and profiles. */
const hostRoots = (run: Run, signal: AbortSignal) =>
  run.once('roots for mail hosts', async () => {
    const hosts = run.options.smtp.map(({ host }) => host);
    const all = await run.host.trustStores();
    const trustStores = all.filter(({ destinations }) => isForHosts(destinations, hosts));
    const read = await Promise.all(
      trustStores.map(async (store) => ({ store, ...(await readOnce(store, run, signal)) })),
    );
    const seen = read.flatMap(({ store, index }) => (index ? [{ store, index }] : []));
    const stores = relevant(seen);
    const { rootCertificates } = await import('node:tls'); // only mail hosts need it
    const profiles = (await run.options.knownRoots?.()) ?? [];
    return {
      stores,
      trusted: distinct(stores.flatMap(trustedIn)),
      known: distinct([...rootsOf(rootCertificates.map(pemBytes)), ...rootsOf(profiles)]),
      verifies: trustStores.length === 0 || trustStores.some(({ mail }) => mail !== 'unused'),
    };
  });

/** The announced root in the host's stores, of which some fetch what they lack. */
const expectedRoot = async (
  { id, certificate }: Pick<ExpectedRoot, 'id' | 'certificate'>,
  stores: readonly SeenStore[],
  { run, signal }: { readonly run: Run; readonly signal: AbortSignal },
): Promise<ExpectedRoot> => {
  const root = { sha256: fingerprint256(certificate.raw), der: certificate.raw };
  const seen = stores.map((each) => withOnDemand({ seen: each, root }, run, signal));
  return { id, certificate, stores: await Promise.all(seen) };
};

export const peerRoots = async (
  profile: Profile,
  run: Run,
  signal: AbortSignal,
): Promise<PeerRoots> => {
  const { stores, ...roots } = await hostRoots(run, signal);
  const expected = await Promise.all(
    profile.authorities
      .filter(({ root }) => root)
      .map(async ({ id }) => {
        const { der } = await run.authority(profile, id, signal);
        const certificates = der ? parsed(der) : [];
        return Promise.all(
          certificates.map((certificate) =>
            expectedRoot({ id, certificate }, stores, { run, signal }),
          ),
        );
      }),
  );
  return { ...roots, expected: expected.flat() };
};
