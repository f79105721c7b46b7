/**
 * Asks for what an earlier run has fetched only if it has changed (RFC 9110 section 13). A 304 proves the way there
 * and back as a whole answer does, and costs the server next to nothing.
 */

import type { BodySink, FetchRequest, FetchResult, Network, Validators } from '../types.ts';

export interface CachedBody {
  readonly body: Uint8Array;
  readonly validators: Validators;
}

export interface BodyCache {
  /** What may stand for the body of a URL, should its server say so; undefined: it is to be fetched whole. */
  recall(url: string): Promise<CachedBody | undefined>;
  /** Takes what came whole. */
  keep(url: string, cached: CachedBody): Promise<void>;
}

/** The most bytes of a body that are kept. */
const longestBody = 32 * 1024 * 1024;

/** Hands a body on, and keeps a copy of it within bounds. */
class Copy<S extends BodySink> implements BodySink {
  readonly sink: S;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(sink: S) {
    this.sink = sink;
  }

  write(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes > longestBody) this.#chunks = [];
    else this.#chunks.push(Uint8Array.from(chunk)); // the chunk's memory may be used again
    this.sink.write(chunk);
  }

  /** Undefined where it was too long. */
  body(): Uint8Array | undefined {
    return this.#bytes > longestBody ? undefined : Buffer.concat(this.#chunks);
  }
}

const conditions = ({ etag, lastModified }: Validators): Readonly<Record<string, string>> => ({
  ...(etag !== undefined && { 'if-none-match': etag }),
  ...(lastModified !== undefined && { 'if-modified-since': lastModified }),
});

/** As it comes from a network: in pieces. */
const pieceBytes = 65_536;

const replay = <S extends BodySink>(sink: S, body: Uint8Array): S => {
  for (let at = 0; at < body.length; at += pieceBytes)
    sink.write(body.subarray(at, at + pieceBytes));
  return sink;
};

/** POST is asked as it is: nothing that it brings can be asked for conditionally. */
export const conditionalNetwork = (network: Network, cache: BodyCache): Network => ({
  ...network,
  async fetch<S extends BodySink>(
    request: FetchRequest<S>,
    signal: AbortSignal,
  ): Promise<FetchResult<S>> {
    if (request.method === 'POST') return network.fetch(request, signal);
    const cached = await cache.recall(request.url);
    const { sink: copy, ...result } = await network.fetch(
      {
        ...request,
        headers: { ...request.headers, ...(cached && conditions(cached.validators)) },
        open: () => new Copy(request.open()),
      },
      signal,
    );
    if (cached && result.status === 304 && !result.finding)
      return {
        ...result,
        sink: replay(request.open(), cached.body),
        bytes: cached.body.length,
      };
    const { validators } = result;
    const body = copy?.body();
    if (body && validators) await cache.keep(request.url, { body, validators });
    return { ...result, ...(copy && { sink: copy.sink }) };
  },
});
