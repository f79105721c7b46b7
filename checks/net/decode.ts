/**
 * Undoes a content encoding as the bytes arrive. There is no back pressure: who writes limits what is written,
 * and who takes the plain bytes limits those.
 */

import { asError, errorCode } from './faults.ts';

export interface DecoderEvents {
  plain(chunk: Uint8Array): void;
  end(): void;
  /** The compressed data is damaged, or ends early. */
  damaged(error: { readonly code: string; readonly truncated: boolean }): void;
}

export interface Decoder {
  write(chunk: Uint8Array): void;
  end(): void;
  destroy(): void;
}

type Encoding = 'gzip' | 'deflate' | 'br';

/** The encoding that a header names; undefined for none and for one that nobody here knows. */
const encodingOf = (header = ''): Encoding | undefined => {
  const name = header.trim().toLowerCase().replace(/^x-/, '');
  return name === 'gzip' || name === 'deflate' || name === 'br' ? name : undefined;
};

/** Whether data begins as its encoding must; a server may say gzip of a file that is none. */
const beginsAs = (encoding: Encoding, first: number): boolean => {
  if (encoding === 'gzip') return first === 0x1f;
  // Neither compression makes what DER begins with out of anything useful; "deflate" may be bare or zlib's.
  return first !== 0x30 && first !== 0x2d;
};

/** zlib is loaded only when somebody compresses what nobody asked to be compressed. */
const open = async (encoding: Encoding, first: number) => {
  const zlib = await import('node:zlib');
  if (encoding === 'gzip') return zlib.createGunzip();
  if (encoding === 'br') return zlib.createBrotliDecompress();
  // "deflate" is zlib's format, but some servers send the bare stream (RFC 9110 section 8.4.1.2).
  return (first & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw();
};

const identity = (events: DecoderEvents): Decoder => ({
  write: (chunk) => events.plain(chunk),
  end: () => events.end(),
  destroy: () => undefined,
});

const decompressor = (encoding: Encoding, events: DecoderEvents): Decoder => {
  let stream: Awaited<ReturnType<typeof open>> | undefined;
  let waiting: Uint8Array[] = [];
  let started = false;
  let ended = false;
  let destroyed = false;

  const start = async (first: number): Promise<void> => {
    const opened = await open(encoding, first);
    if (destroyed) return;
    stream = opened;
    opened.on('data', (chunk: Buffer) => {
      if (!destroyed) events.plain(chunk);
    });
    opened.on('end', () => {
      if (!destroyed) events.end();
    });
    opened.on('error', (error) => {
      if (destroyed) return;
      const code = errorCode(asError(error)) ?? 'Z_DATA_ERROR';
      events.damaged({ code, truncated: code === 'Z_BUF_ERROR' });
    });
    for (const chunk of waiting) opened.write(chunk);
    waiting = [];
    if (ended) opened.end();
  };
  return {
    write(chunk) {
      const copy = Buffer.from(chunk); // the chunk's memory may be used again
      if (stream) stream.write(copy);
      else waiting.push(copy);
      if (!started) void start(chunk[0] ?? 0);
      started = true;
    },
    end() {
      ended = true;
      if (stream) stream.end();
      else if (!started) events.end();
    },
    destroy() {
      destroyed = true;
      stream?.destroy();
    },
  };
};

/** A decoder for a `Content-Encoding`; what does not begin as its encoding must passes as it is. */
export const createDecoder = (header: string | undefined, events: DecoderEvents): Decoder => {
  const encoding = encodingOf(header);
  if (encoding === undefined) return identity(events);
  let chosen: Decoder | undefined;
  return {
    write(chunk) {
      const [first] = chunk;
      if (first === undefined) return;
      chosen ??= beginsAs(encoding, first) ? decompressor(encoding, events) : identity(events);
      chosen.write(chunk);
    },
    end() {
      if (chosen) chosen.end();
      else events.end();
    },
    destroy: () => chosen?.destroy(),
  };
};
