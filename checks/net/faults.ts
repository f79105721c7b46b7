/** What an error of the operating system means: always by its code, never by its text. */

import type { GapCode } from '../types.ts';

/** The code of a system, undici or TLS error; undefined where it has none. */
export const errorCode = (error: unknown): string | undefined => {
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code !== '' ? code : undefined;
};

/** What was thrown, as an Error. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));

/** Errors that say that this machine ran out of something; they say nothing of the network. */
const localExhaustion = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS']);

export const isLocalExhaustion = (error: unknown): boolean =>
  localExhaustion.has(errorCode(error) ?? '');

/**
 * The gap behind an error of connect(2). RST and ICMP port-unreachable are ECONNREFUSED; every other
 * ICMP or local routing error (EHOSTUNREACH, ENETUNREACH, EACCES, EINVAL, ENOPROTOOPT …) is unreachable.
 */
export const connectGap = (error: unknown): GapCode => {
  switch (errorCode(error) ?? '') {
    case 'ECONNREFUSED':
      return 'connect-refused';
    case 'ETIMEDOUT':
      return 'connect-timeout';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'connection-reset';
    default:
      return 'connect-unreachable';
  }
};
