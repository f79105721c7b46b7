/** One POST on one open connection. By node:http, which costs a resting agent a tenth of what undici does. */

import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ResponseHead } from '../../checks/net/exchange.ts';
import { systemCode } from '../errors.ts';

export interface Post {
  /** The request target: a path, or an absolute URL to a proxy. */
  readonly path: string;
  /** With `host`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Posted =
  | { readonly head: ResponseHead; readonly text: string; readonly failed?: undefined }
  /** Why there was no answer, in words. */
  | { readonly failed: string };

/** Receivers answer in a line; whoever sends more is not listened to. */
const maxAnswerBytes = 16 * 1024;
const maxHeaderBytes = 64 * 1024;

const failureOf = (error: unknown, signal: AbortSignal): string => {
  if (signal.aborted) return 'no answer in time';
  const code = systemCode(error);
  return code.startsWith('HPE_')
    ? `the answer is no HTTP (${code})`
    : `the connection was lost (${code})`;
};

const headOf = ({
  statusCode = 0,
  statusMessage = '',
  headers,
}: IncomingMessage): ResponseHead => ({
  status: statusCode,
  statusText: statusMessage,
  header(name) {
    const value = headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  },
});

/** Its status is a receiver's answer, even if the rest never comes. The connection is destroyed at the end. */
export const post = (
  socket: Duplex,
  { path, headers, body }: Post,
  signal: AbortSignal,
): Promise<Posted> =>
  new Promise<Posted>((resolve) => {
    let head: ResponseHead | undefined;
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = (error?: unknown): void => {
      const text = Buffer.concat(chunks).toString('utf8');
      resolve(head ? { head, text } : { failed: failureOf(error, signal) });
    };
    const read = (response: IncomingMessage): void => {
      head = headOf(response);
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes >= maxAnswerBytes) end();
      });
      response.on('error', end).on('end', () => end());
    };
    request({
      createConnection: () => socket,
      method: 'POST',
      path,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      maxHeaderSize: maxHeaderBytes,
      signal,
    })
      .on('response', read)
      .on('error', end)
      .end(body);
  }).finally(() => socket.destroy());
