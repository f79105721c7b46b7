/** Fetches a CRL and reads it as it arrives; says what came instead where it is none. */

import { createHash } from 'node:crypto';
import { parseCertificate } from './pki/certificate.ts';
import type { CrlContents } from './pki/crl-contents.ts';
import { CrlReader, type CrlReaderOptions } from './pki/crl-reader.ts';
import { DerError, tags, unlessMalformed } from './pki/der.ts';
import { DerWalk } from './pki/der-walk.ts';
import type { BodySink, Evidence, Finding, Run, ServerTime, Stage } from './types.ts';

/**
 * The most bytes of a CRL that are taken: twice a list of five million entries. It is read as it arrives,
 * in constant memory, so that this only ends a body that has no end; the request's time mostly does so before.
 */
const limit = 512 * 1024 * 1024;
/** How much of a body is kept to tell what it is when it is no CRL. */
const keptForNaming = 65_536;

/** What a CRL's URL gave. */
export interface CrlFetch {
  readonly url: string;
  readonly stages: readonly Stage[];
  readonly serverTimes: readonly ServerTime[];
  readonly contents?: CrlContents;
  /** Why there are no contents. */
  readonly finding?: Finding;
  /** What was observed of the body as a whole. */
  readonly body: Evidence;
}

/** What a body is that should have been a CRL; undefined: something like one. */
export const foreignKind = (head: Uint8Array, total: number): string | undefined => {
  if (total === 0) return 'an empty body';
  if (/^\s*-----BEGIN /.test(Buffer.from(head.subarray(0, 64)).toString('latin1'))) return 'PEM';
  if (head[0] !== tags.sequence) return 'no DER';
  const window = new DerWalk(head);
  const inner = window.hasHeader(0) ? head[window.contentOf(0)] : undefined;
  if (inner === tags.oid) return 'PKCS#7';
  if (inner === tags.enumerated) return 'an OCSP response';
  return unlessMalformed(() => parseCertificate(head.subarray(0, total))) && 'a certificate';
};

/** Reads a CRL while its bytes are hashed for their fingerprint: both fit between two packets. */
class CrlBody implements BodySink {
  private readonly reader: CrlReader;
  private readonly clock: () => number;
  private readonly hash = createHash('sha256');
  private readonly head = Buffer.alloc(keptForNaming);
  private total = 0;
  /** Milliseconds spent on the bytes. */
  spent = 0;

  constructor(options: CrlReaderOptions, clock: () => number) {
    this.reader = new CrlReader(options);
    this.clock = clock;
  }

  write(chunk: Uint8Array): void {
    const started = this.clock();
    if (this.total < keptForNaming)
      this.head.set(chunk.subarray(0, keptForNaming - this.total), this.total);
    this.total += chunk.length;
    this.hash.update(chunk);
    this.reader.write(chunk);
    this.spent += this.clock() - started;
  }

  finish(url: string): Pick<CrlFetch, 'contents' | 'finding' | 'body'> {
    const started = this.clock();
    const body = { bytes: this.total, sha256: this.hash.digest('hex').toUpperCase() };
    try {
      return { contents: this.reader.finish(), body };
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      const head = this.head.subarray(0, Math.min(this.total, keptForNaming));
      const found = foreignKind(head, this.total);
      const finding: Finding = found
        ? { code: 'unexpected-content', target: url, evidence: { ...body, found } }
        : { code: 'crl-malformed', target: url, evidence: { ...body, reason: error.message } };
      return { finding, body };
    } finally {
      this.spent += this.clock() - started;
    }
  }
}

/** Fetches and reads the CRL at `url`, looking up the serial numbers of `options`. */
export const fetchCrl = async (
  url: string,
  options: CrlReaderOptions,
  { run, signal }: { run: Run; signal: AbortSignal },
): Promise<CrlFetch> => {
  const clock = (): number => run.host.elapsed();
  const open = (): CrlBody => new CrlBody(options, clock);
  const fetched = await run.host.network.fetch({ url, limit, open }, signal);
  const { sink, stages, serverTimes, address, redirects, finding } = fetched;
  const way = {
    ...(address !== undefined && { address }),
    ...(redirects.length > 0 && { redirects }),
  };
  if (!sink) return { url, stages, serverTimes, ...(finding && { finding }), body: way };
  const read = sink.finish(url);
  const parse: Stage = { name: 'parse', ms: Math.round(sink.spent) };
  const body = { ...read.body, ...way };
  return { url, stages: [...stages, parse], serverTimes, ...read, body };
};
