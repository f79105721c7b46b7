/** Takes a response's body: decompressed, limited, and told apart from a page before a sink gets a byte. */

import type { BodySink } from '../types.ts';
import { createDecoder } from './decode.ts';
import { isHtmlType, isPage, mayBePage, pageTitle, peekBytes } from './html-page.ts';

export type BodyEnd<S extends BodySink> = { readonly bytes: number } & (
  | { readonly kind: 'bytes'; readonly sink: S }
  | { readonly kind: 'page'; readonly title?: string }
  /** Not wanted, because of the status, and no page either. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'too-large' }
  /** The compressed data is damaged, or ends early. */
  | { readonly kind: 'undecodable'; readonly error: string; readonly truncated: boolean }
);

export interface BodyOptions<S extends BodySink> {
  /** The most bytes, before and after decompression. */
  readonly limit: number;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  /** Makes the sink; absent where the body is only looked at, whether it is a page. */
  readonly open?: () => S;
  /** Called once: at the end, or as soon as the end is clear. */
  readonly done: (end: BodyEnd<S>) => void;
  /** The sink threw. */
  readonly failed: (thrown: unknown) => void;
}

export interface BodyReader<S extends BodySink> {
  write(chunk: Uint8Array): void;
  /** No more will come. */
  end(): void;
  /** Bytes so far, decompressed. */
  bytes(): number;
  /** What is clear although the body did not end: that it is a page. */
  soFar(): BodyEnd<S> | undefined;
  destroy(): void;
}

/** Judges plain bytes: what came first is held back until it is clear that it begins no page. */
const createJudge = <S extends BodySink>(options: BodyOptions<S>) => {
  const { limit, contentType, open, done } = options;
  let sink: S | undefined;
  let held: Uint8Array[] | undefined = [];
  let bytes = 0;

  const first = (): Uint8Array => Buffer.concat(held ?? []).subarray(0, peekBytes);
  const page = (): BodyEnd<S> | undefined => {
    if (!isPage(first(), contentType)) return undefined;
    const title = pageTitle(first());
    return { kind: 'page', bytes, ...(title !== undefined && { title }) };
  };
  const decide = (): void => {
    const found = page() ?? (open ? undefined : { kind: 'ignored' as const, bytes });
    const chunks = held ?? [];
    held = undefined;
    if (found) {
      done(found);
      return;
    }
    sink = open?.();
    for (const chunk of chunks) sink?.write(chunk);
  };
  return {
    bytes: () => bytes,
    soFar: () => (held ? page() : undefined),
    write(chunk: Uint8Array): void {
      bytes += chunk.length;
      if (bytes > limit) done({ kind: 'too-large', bytes });
      else if (held) {
        held.push(Uint8Array.from(chunk)); // the chunk's memory may be used again
        const undecided = isHtmlType(contentType) || mayBePage(first());
        if (bytes >= peekBytes || !undecided) decide();
      } else sink?.write(chunk);
    },
    end(): void {
      if (bytes === 0) done({ kind: open ? 'empty' : 'ignored', bytes });
      else if (held) decide();
      if (sink) done({ kind: 'bytes', sink, bytes });
    },
  };
};

export const createBodyReader = <S extends BodySink>(options: BodyOptions<S>): BodyReader<S> => {
  let received = 0;
  let over = false;
  const done = (end: BodyEnd<S>): void => {
    if (over) return;
    over = true;
    options.done(end);
  };
  const judge = createJudge({ ...options, done });
  /** A sink's bug ends the transfer. */
  const guarded = (action: () => void): void => {
    if (over) return;
    try {
      action();
    } catch (thrown) {
      over = true;
      options.failed(thrown);
    }
  };
  const decoder = createDecoder(options.contentEncoding, {
    plain: (chunk) => guarded(() => judge.write(chunk)),
    end: () => guarded(() => judge.end()),
    damaged: ({ code, truncated }) =>
      done({ kind: 'undecodable', error: code, truncated, bytes: judge.bytes() }),
  });
  return {
    write(chunk) {
      received += chunk.length;
      if (received > options.limit) done({ kind: 'too-large', bytes: judge.bytes() });
      if (!over) decoder.write(chunk);
    },
    end: () => decoder.end(),
    bytes: () => judge.bytes(),
    soFar: () => judge.soFar(),
    destroy() {
      over = true;
      decoder.destroy();
    },
  };
};
