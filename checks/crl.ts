/**
 * Is each CRL of the profile there, sound, current, and does it revoke none of the profile's own
 * certificates? What `certutil -URL` asks, and the verification that it leaves out.
 */

import { createHash } from 'node:crypto';
import { type CrlFetch, fetchCrl } from './crl-fetch.ts';
import { type CrlObservation, judgeObserved } from './crl-judgement.ts';
import { type SharedCrl, certificatesFor, crlsBeside, linesFor, shareCrl } from './crl-sharing.ts';
import { type Known, asksFor, freshestUrls, namedSubjects, serialsAtHand } from './crl-subjects.ts';
import type { Certificate } from './pki/certificate.ts';
import type { CrlContents } from './pki/crl-contents.ts';
import { type CrlReaderOptions, readCrl } from './pki/crl-reader.ts';
import { findSigner } from './pki/crl-soundness.ts';
import { oids } from './pki/oids.ts';
import { equalBytes } from './pki/values.ts';
import type { Check, Run, SeenCrl, Stage, Task } from './types.ts';

/** The most keys that a CRL too large to be kept is hashed for. */
const maxKeys = 4;
/** The most places where a delta CRL is looked for. */
const maxDeltas = 2;

interface Context {
  readonly run: Run;
  readonly signal: AbortSignal;
}

const certificates = (known: readonly Known[]): readonly Certificate[] =>
  known.flatMap(({ certificate }) => certificate ?? []);

/** Verifies now what judging would otherwise have to: the contents remember the answers. */
const verified = (
  fetched: CrlFetch,
  issuers: readonly Certificate[],
  { run }: Context,
): CrlFetch => {
  if (!fetched.contents || issuers.length === 0) return fetched;
  const started = run.host.elapsed();
  findSigner(fetched.contents, issuers);
  const stage: Stage = { name: 'verify', ms: Math.round(run.host.elapsed() - started) };
  return { ...fetched, stages: [...fetched.stages, stage] };
};

/** Looks more serial numbers up: in the bytes that were kept, or by fetching a large CRL again. */
const lookUpAgain = async (
  fetched: CrlFetch,
  options: CrlReaderOptions,
  { issuers, ...context }: Context & { issuers: readonly Certificate[] },
): Promise<CrlFetch> => {
  const { contents, url } = fetched;
  if (contents?.whole) return { ...fetched, contents: readCrl(contents.whole, options) };
  return contents ? verified(await fetchCrl(url, options, context), issuers, context) : fetched;
};

/** An indirect CRL speaks of others' certificates too: of those that ask for it. */
const askersOf = async (
  shared: SharedCrl,
  { contents }: CrlFetch,
  { issuers, ...context }: Context & { issuers: readonly Known[] },
): Promise<readonly Known[]> => {
  if (contents?.extensions.distributionPoint?.indirectCrl !== true) return [];
  const found = await certificatesFor(shared, 'others', context);
  return found.filter(({ certificate }) => !certificate || asksFor(issuers, certificate));
};

const fetchDelta = async (
  urls: readonly string[],
  wanted: readonly Uint8Array[],
  context: Context,
): Promise<CrlFetch | undefined> => {
  let last: CrlFetch | undefined;
  for (const url of urls.slice(0, maxDeltas)) {
    last = await fetchCrl(url, { wanted }, context);
    if (last.contents) return last;
  }
  return last;
};

const observeCrl = async (shared: SharedCrl, context: Context): Promise<CrlObservation> => {
  const { url, serials, asking } = shared;
  const keys = Math.min(asking[0]?.issuers.length ?? 1, maxKeys);
  const atHand = serialsAtHand(
    asking.flatMap(({ subjects }) => subjects),
    serials,
  );
  const signed = Promise.all([
    fetchCrl(url, { wanted: atHand, keys }, context),
    certificatesFor(shared, 'issuers', context),
  ]).then(([fetched, issuers]) => ({
    fetched: verified(fetched, certificates(issuers), context),
    issuers,
  }));
  // The certificates to look up may come later than the CRL: it does not wait for them.
  const [{ fetched, issuers }, own, issuerLines, subjectLines] = await Promise.all([
    signed,
    certificatesFor(shared, 'subjects', context),
    linesFor(shared, 'issuers', context),
    linesFor(shared, 'subjects', context),
  ]);
  const askers = await askersOf(shared, fetched, { ...context, issuers });
  const subjects = [...own, ...askers];
  const named = namedSubjects(subjects, serials, certificates(issuers));
  const wanted = named.map(({ serial }) => serial);
  const late = wanted.some((serial) => !atHand.some((one) => equalBytes(one, serial)));
  const known = certificates(issuers);
  const crl = late
    ? await lookUpAgain(fetched, { wanted, keys }, { ...context, issuers: known })
    : fetched;
  const { contents } = crl;
  const signer = contents && findSigner(contents, known);
  // Only a CRL that is its issuer's says where another is to be fetched.
  const deltaUrls =
    contents && signer?.signature === 'valid'
      ? freshestUrls([{ extensions: contents.extensions.all }, ...certificates(subjects)])
      : [];
  const others = deltaUrls.filter((deltaUrl) => deltaUrl !== url);
  const delta = await fetchDelta(others, wanted, context);
  const missing = subjects.filter(({ certificate }) => !certificate);
  return {
    crl,
    issuers,
    subjects: named,
    missing: missing.map(({ authority }) => authority.id),
    issuerLines,
    subjectLines,
    ...(delta && { delta }),
  };
};

/** One issuer's key and one scope: what numbers are counted for (RFC 5280 5.2.3). */
const seriesOf = ({ issuer, extensions }: CrlContents): string => {
  const scope = extensions.all.get(oids.issuingDistributionPoint)?.value ?? new Uint8Array();
  const key = extensions.authorityKeyIdentifier?.keyIdentifier ?? '';
  return createHash('sha256')
    .update(JSON.stringify([issuer.key, key, Buffer.from(scope).toString('hex')]))
    .digest('hex');
};

/** What earlier runs saw of this series; what this run saw is noted for the next, if it is its issuer's. */
const recalled = (
  { crl: { contents }, issuers }: CrlObservation,
  { options: { memory } }: Run,
): SeenCrl | undefined => {
  const number = contents?.extensions.number;
  if (!memory || contents === undefined || number === undefined) return undefined;
  if (findSigner(contents, certificates(issuers)).signature !== 'valid') return undefined;
  const series = seriesOf(contents);
  memory.noteCrl(series, { number, thisUpdate: contents.thisUpdate });
  return memory.crl(series);
};

const taskOf = (shared: SharedCrl, run: Run): Task => ({
  kind: 'crl',
  target: shared.url,
  question: shared.question,
  async observe(signal) {
    const observed = await observeCrl(shared, { run, signal });
    shared.observed = observed;
    const { crl, delta } = observed;
    const before = recalled(observed, run);
    return {
      stages: crl.stages,
      serverTimes: [...crl.serverTimes, ...(delta?.serverTimes ?? [])],
      judge: (at) => {
        const { siblings, others } = crlsBeside(shared, run);
        return judgeObserved(observed, {
          at,
          before,
          siblings: siblings.map((one) => one.observed),
          others: others.map((one) => one.observed),
        });
      },
    };
  },
});

export const crlCheck: Check = {
  kind: 'crl',
  tasks: (profile, run) =>
    profile.crls.map((source) => taskOf(shareCrl(profile, source, run), run)),
};
