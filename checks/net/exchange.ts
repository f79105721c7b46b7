/** One HTTP request on one open connection: what came back, or how it ended. The protocol is undici's. */

import type { Socket } from 'node:net';
import type { Client as ClientType } from 'undici';
import { errorCode } from './faults.ts';

export interface ExchangeRequest {
  readonly method: 'GET' | 'POST' | 'HEAD' | 'CONNECT';
  /** The request target: a path, an absolute URL to a proxy, HOST:PORT for CONNECT. */
  readonly path: string;
  /** With `host`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  /** By name in lower case; of several values, joined by a comma. */
  readonly header: (name: string) => string | undefined;
}

/** How an exchange ended. Errors are codes of the system, of TLS or of the HTTP parser. */
export type ExchangeEnd =
  | { readonly kind: 'complete' | 'stopped' | 'aborted' }
  /** The other side ended the connection early. */
  | { readonly kind: 'closed' | 'reset' | 'lost'; readonly error: string }
  /** What came is no HTTP. */
  | { readonly kind: 'garbled'; readonly error: string };

/** Says that enough is known: the connection is given up. */
export type Stop = () => void;

export interface ExchangeEvents {
  /** The header of the final response. */
  readonly head: (head: ResponseHead, stop: Stop) => void;
  readonly data: (chunk: Uint8Array) => void;
}

const maxHeaderBytes = 64 * 1024;

const headerReader = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
): ResponseHead['header'] => {
  return (name) => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
};

/** What the connection itself showed; undici's errors do not always say. */
interface Seen {
  error?: string;
  ended: boolean;
}

/**
 * The reset behind an end: where data and a reset arrive together, libuv on Linux reports the end of the
 * stream and the error stays with the socket, until it is written to. After a true end, writing works.
 */
const hiddenReset = (socket: Socket): string | undefined => {
  if ('encrypted' in socket) return undefined; // TLS writes when it can, not now
  socket.write('\r\n');
  return errorCode(socket.errored);
};

const watch = (socket: Socket): Seen => {
  const seen: Seen = { ended: false };
  // It may have failed before anybody asked.
  const earlier = errorCode(socket.errored);
  if (earlier !== undefined) seen.error = earlier;
  socket.on('error', (error) => {
    seen.error ??= errorCode(error) ?? error.name;
  });
  // Otherwise the socket could not be written to once it has ended.
  socket.allowHalfOpen = true;
  socket.on('end', () => {
    seen.ended = true;
    const reset = hiddenReset(socket);
    if (reset !== undefined) seen.error ??= reset;
  });
  return seen;
};

const resets = new Set(['ECONNRESET', 'ECONNABORTED']);

const endOf = (thrown: unknown, seen: Seen): ExchangeEnd => {
  const error =
    seen.error ?? errorCode(thrown) ?? (thrown instanceof Error ? thrown.name : 'unknown');
  if (resets.has(error)) return { kind: 'reset', error };
  // A reset that follows an end: the other side had closed, and answers so to what it still gets.
  if (error === 'EPIPE') return { kind: 'closed', error };
  if (/^E[A-Z0-9]+$/.test(error)) return { kind: 'lost', error };
  return seen.ended ? { kind: 'closed', error: 'EOF' } : { kind: 'garbled', error };
};

/**
 * Gives the client its one connection. It would ask for another again and again when this one is gone; only
 * an error that is not of its own kind makes it stop. Not at once: it looks at nothing while it connects.
 */
const handOver = (socket: Socket, seen: Seen): NonNullable<ClientType.Options['connect']> => {
  let given = false;
  return (_options, callback) => {
    queueMicrotask(() => {
      // What ended before the client had it would be waited for until the time is over
      if (given || socket.destroyed || seen.ended) {
        seen.ended ||= !given;
        callback(new Error('the connection is gone'), null);
        return;
      }
      given = true;
      callback(null, socket);
    });
  };
};

/**
 * Sends the request and hands over what comes, until the body ends, `stop` is called or the signal
 * aborts. For CONNECT it ends as complete with the header, and the connection stays open; otherwise
 * the connection is destroyed at the end.
 */
export const exchange = async (
  socket: Socket,
  { method, path, headers, body }: ExchangeRequest,
  { signal, head, data }: ExchangeEvents & { readonly signal: AbortSignal },
): Promise<ExchangeEnd> => {
  const seen = watch(socket);
  // Loaded here, because the first packet need not wait for it.
  const { Client } = await import('undici');
  if (signal.aborted || socket.destroyed) {
    socket.destroy();
    return signal.aborted ? { kind: 'aborted' } : endOf(undefined, seen);
  }
  const client = new Client('http://origin.invalid', {
    connect: handOver(socket, seen),
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: maxHeaderBytes,
    pipelining: 1,
  });
  return new Promise((resolve) => {
    let settled = false;
    const finish = (end: ExchangeEnd, keepSocket = false): void => {
      if (settled) return;
      settled = true;
      signal.removeEventListener('abort', onAbort);
      resolve(end);
      if (!keepSocket) socket.destroy();
      client.destroy().catch(() => undefined);
    };
    const onAbort = (): void => finish({ kind: 'aborted' });
    signal.addEventListener('abort', onAbort, { once: true });
    client.dispatch(
      {
        method,
        path,
        headers: { ...headers },
        reset: method !== 'CONNECT',
        ...(body && { body: Buffer.from(body) }),
      },
      {
        onRequestStart: () => undefined,
        onRequestUpgrade(_controller, status, fields) {
          // The status line of a CONNECT ends HTTP on this connection.
          head({ status, statusText: '', header: headerReader(fields) }, () => undefined);
          finish({ kind: 'complete' }, true);
        },
        onResponseStart(controller, status, fields, statusText) {
          if (settled || status < 200) return;
          head({ status, statusText: statusText ?? '', header: headerReader(fields) }, () =>
            finish({ kind: 'stopped' }),
          );
        },
        onResponseData(_controller, chunk) {
          if (!settled) data(chunk);
        },
        onResponseEnd() {
          // A body that only the end of the connection ends is not whole when that end was a reset.
          finish(seen.error === undefined ? { kind: 'complete' } : endOf(undefined, seen));
        },
        onResponseError(_controller, error) {
          finish(endOf(error, seen));
        },
      },
    );
  });
};
