/** The certificates of a profile's authorities, fetched from where their AIA caIssuers point, once per run. */

import type { Certificate } from './pki/certificate.ts';
import {
  type CertificatesFile,
  CertificatesFileError,
  readCertificates,
} from './pki/certificates-file.ts';
import {
  type Recognised,
  mismatch,
  parsed,
  pinnedSha256,
  recognise,
} from './recognise-authority.ts';
import {
  type Authority,
  type BodySink,
  type Finding,
  type GapId,
  type Profile,
  type Run,
  type ServerTime,
  type Stage,
  gapId,
} from './types.ts';

const limit = 1024 * 1024;

/** What an authority's URL gave. */
export interface AuthorityFetch {
  readonly stages: readonly Stage[];
  readonly serverTimes: readonly ServerTime[];
  /** The authority's certificate; absent where none could be authenticated. */
  readonly der?: Uint8Array;
  /** What was found, authenticated or not. */
  readonly certificate?: Certificate;
  readonly recognised?: Recognised;
  readonly format?: CertificatesFile['format'];
  /** The authorities above it, the root last; absent where one of them is missing. */
  readonly issuers?: readonly Certificate[];
  /** This URL's own gaps. */
  readonly findings: readonly Finding[];
  /** All gaps that keep others from using the certificate, and this check from concluding. */
  readonly blockedBy: readonly GapId[];
  /** Why there is no `der`, or why its chain could not be followed. */
  readonly reason?: string;
}

/** Takes a whole body. */
class Body implements BodySink {
  private readonly chunks: Uint8Array[] = [];

  write(chunk: Uint8Array): void {
    this.chunks.push(chunk);
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.chunks);
  }
}

interface Fetched {
  readonly stages: readonly Stage[];
  readonly serverTimes: readonly ServerTime[];
  readonly file?: CertificatesFile;
  readonly finding?: Finding;
}

const timed = async <T>(run: Run, name: Stage['name'], make: () => T | Promise<T>) => {
  const started = run.host.elapsed();
  const value = await make();
  const stage: Stage = { name, ms: Math.round(run.host.elapsed() - started) };
  return { value, stage };
};

const readFile = async (
  body: Body,
  url: string,
  contentType: string | undefined,
): Promise<Pick<Fetched, 'file' | 'finding'>> => {
  const bytes = body.bytes();
  try {
    return { file: await readCertificates(bytes) };
  } catch (error) {
    if (!(error instanceof CertificatesFileError)) throw error;
    const code = error.fault === 'foreign' ? 'unexpected-content' : 'issuer-malformed';
    const type = contentType === undefined ? {} : { contentType };
    const evidence = { problem: error.message, bytes: bytes.length, ...type };
    return { finding: { code, target: url, evidence } };
  }
};

/** One fetch per URL and run, whoever asks. */
const fetchFile = (url: string, run: Run, signal: AbortSignal): Promise<Fetched> =>
  run.once(`certificates ${url}`, async () => {
    const request = { url, limit, open: () => new Body() };
    const { stages, serverTimes, sink, ...fetched } = await run.host.network.fetch(request, signal);
    if (!sink) {
      const { finding } = fetched;
      return { stages, serverTimes, ...(finding && { finding }) };
    }
    const read = () => readFile(sink, url, fetched.contentType);
    const { value, stage } = await timed(run, 'parse', read);
    return { stages: [...stages, stage], serverTimes, ...value };
  });

/** The ids of the authorities above one, the root last. */
export const issuerIds = (profile: Profile, authority: Authority): readonly string[] => {
  const ids: string[] = [];
  let { issuer } = authority;
  while (issuer !== undefined && !ids.includes(issuer) && issuer !== authority.id) {
    ids.push(issuer);
    const id = issuer;
    issuer = profile.authorities.find((candidate) => candidate.id === id)?.issuer;
  }
  return ids;
};

type Issuers =
  | { readonly issuers: readonly Certificate[] }
  | { readonly issuers?: undefined; readonly blockedBy: readonly GapId[]; readonly reason: string };

const issuersOf = async (
  profile: Profile,
  authority: Authority,
  { run, signal }: { run: Run; signal: AbortSignal },
): Promise<Issuers> => {
  const ids = issuerIds(profile, authority);
  const topId = ids.at(-1) ?? authority.id;
  // Asking on without a root at the top could go round for ever
  if (profile.authorities.find(({ id }) => id === topId)?.root !== true)
    return { blockedBy: [], reason: `the profile names no root above ${authority.name}` };
  const issuers: Certificate[] = [];
  for (const id of ids) {
    const found = await run.authority(profile, id, signal);
    if (!found.der) return { blockedBy: found.blockedBy, reason: found.reason };
    const certificate = parsed(found.der);
    if (!certificate) return { blockedBy: [], reason: `the certificate of ${id} is malformed` };
    issuers.push(certificate);
  }
  return { issuers };
};

type Conclusion = Omit<AuthorityFetch, 'stages' | 'serverTimes'>;

const conclude = (
  authority: Authority & { url: string },
  file: CertificatesFile,
  above: Issuers,
): Conclusion => {
  const certificates = file.certificates.flatMap((der) => parsed(der) ?? []);
  const choice = recognise(certificates, authority, above.issuers?.[0]);
  const blocked = above.issuers
    ? { blockedBy: [], issuers: above.issuers }
    : { blockedBy: above.blockedBy, reason: above.reason };
  const found = { ...choice, format: file.format };
  if (choice?.recognised !== undefined)
    return { ...found, ...blocked, der: choice.certificate.raw, findings: [] };
  // Not pinned, and the one who should have signed it is missing: nobody can tell
  if (choice === undefined || (pinnedSha256(authority) === undefined && !above.issuers))
    return { ...found, ...blocked, findings: [] };
  const finding = mismatch(authority.url, authority, choice.certificate);
  const reason = `${authority.url} serves another certificate than that of ${authority.name}`;
  return { ...found, ...blocked, findings: [finding], blockedBy: [gapId(finding)], reason };
};

/**
 * An authority's certificate from its `url`, which must be there: fetched once per run, told from
 * look-alikes, its issuers beside it. Times are not judged here.
 */
export const fetchAuthority = (
  profile: Profile,
  authority: Authority,
  run: Run,
  signal: AbortSignal,
): Promise<AuthorityFetch> =>
  run.once(`authority ${profile.id} ${authority.id}`, async () => {
    const { url } = authority;
    if (url === undefined) throw new Error(`authority ${authority.id} has no URL`);
    const [{ stages, serverTimes, file, finding }, above] = await Promise.all([
      fetchFile(url, run, signal),
      issuersOf(profile, authority, { run, signal }),
    ]);
    if (file) {
      const judge = () => conclude({ ...authority, url }, file, above);
      const { value, stage } = await timed(run, 'verify', judge);
      return { stages: [...stages, stage], serverTimes, ...value };
    }
    const findings = finding ? [finding] : [];
    const reason = `${url} gave no certificate`;
    return { stages, serverTimes, findings, blockedBy: findings.map(gapId), reason };
  });
