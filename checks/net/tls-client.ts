/** TLS over an open connection, for https:// URLs. */

import { type Socket, isIP } from 'node:net';
import type { Finding } from '../types.ts';
import { connectGap, errorCode } from './faults.ts';

export type TlsOutcome = { readonly socket: Socket } | { readonly error: string };

/**
 * Trust is not judged: what is fetched is signed, and only the way to it is in question. An abort is silence,
 * ETIMEDOUT; the connection is destroyed when the handshake fails.
 */
export const wrapTls = async (
  socket: Socket,
  host: string,
  signal: AbortSignal,
): Promise<TlsOutcome> => {
  const { connect } = await import('node:tls');
  return new Promise((resolve) => {
    const secure = connect({
      socket,
      ...(isIP(host) === 0 && { servername: host }),
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
    });
    const end = (outcome: TlsOutcome): void => {
      signal.removeEventListener('abort', onAbort);
      if ('error' in outcome) socket.destroy();
      resolve(outcome);
    };
    const onAbort = (): void => end({ error: 'ETIMEDOUT' });
    secure.once('secureConnect', () => end({ socket: secure }));
    secure.on('error', (error: Error) => end({ error: errorCode(error) ?? error.name }));
    secure.once('close', () => end({ error: 'ECONNRESET' }));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
};

/** A reset before the end of the handshake is one; any other failure is the server's TLS. */
export const tlsGap = (error: string): Pick<Finding, 'code' | 'owner'> => {
  if (error === 'ETIMEDOUT') return { code: 'response-timeout' };
  if (/^E[A-Z]+$/.test(error) && error !== 'EPROTO') return { code: connectGap({ code: error }) };
  return { code: 'tls-handshake-failed', owner: 'ca' };
};
