/** TLS to a receiver, verified. */

import { type Socket, isIP } from 'node:net';
import { type SecureContext, connect, createSecureContext } from 'node:tls';
import { systemCode } from '../errors.ts';

export interface ReceiverTlsOptions {
  /** PEM of the roots that certificates are verified with. */
  readonly roots: () => Promise<readonly string[]>;
  readonly elapsed: () => number;
}

/** @returns the encrypted socket, or why there is none */
export type Secure = (
  socket: Socket,
  host: string,
  signal: AbortSignal,
) => Promise<Socket | string>;

/** Reading some 140 roots takes 40 ms and, until it is collected, 20 MB: not at every push of metrics. */
const keptMs = 3_600_000;

const handshake = (
  socket: Socket,
  {
    host,
    secureContext,
    signal,
  }: { host: string; secureContext: SecureContext; signal: AbortSignal },
): Promise<Socket | string> =>
  new Promise((resolve) => {
    const secure = connect({
      socket,
      host,
      ...(isIP(host) === 0 && { servername: host }),
      secureContext,
      rejectUnauthorized: true, // whatever NODE_TLS_REJECT_UNAUTHORIZED says
      ALPNProtocols: ['http/1.1'],
    });
    const end = (outcome: Socket | string): void => {
      signal.removeEventListener('abort', onAbort);
      if (typeof outcome === 'string') socket.destroy();
      resolve(outcome);
    };
    const onAbort = (): void => end('TLS handshake: no answer in time');
    secure.once('secureConnect', () => end(secure));
    secure.on('error', (error: Error) => end(`TLS: ${systemCode(error) || error.message}`));
    secure.once('close', () => end('TLS: the connection was closed'));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });

export const receiverTls = ({ roots, elapsed }: ReceiverTlsOptions): Secure => {
  let kept: { readonly context: SecureContext; readonly readAt: number } | undefined;
  const context = async (): Promise<SecureContext> => {
    if (!kept || elapsed() - kept.readAt >= keptMs)
      kept = {
        context: createSecureContext({ ca: [...(await roots())], minVersion: 'TLSv1.2' }),
        readAt: elapsed(),
      };
    return kept.context;
  };
  return async (socket, host, signal) => {
    const outcome = await handshake(socket, { host, secureContext: await context(), signal });
    // A root that was missing may be there at the next attempt.
    if (typeof outcome === 'string') kept = undefined;
    return outcome;
  };
};
