/** What a server's Date header says of its clock. */

import type { ServerTime } from '../types.ts';
import type { ResponseHead } from './exchange.ts';

/** IMF-fixdate, the one form that is sent (RFC 9110 section 5.6.7). */
const fixdate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** A cached answer's Date is as old as its Age says (RFC 9111 section 5.1), in seconds. */
const ageOf = (header = '0'): number => (/^\s*\d{1,9}\s*$/.test(header) ? Number(header) : 0);

/**
 * The offset of a server's clock. `sentAt` and `receivedAt` are this host's wall clock in milliseconds; the
 * header was written somewhere between them.
 */
export const serverTime = (
  host: string,
  { header }: ResponseHead,
  { sentAt, receivedAt }: { readonly sentAt: number; readonly receivedAt: number },
): ServerTime | undefined => {
  const date = header('date')?.trim() ?? '';
  const time = fixdate.test(date) ? Date.parse(date) : NaN;
  if (Number.isNaN(time)) return undefined;
  const local = (sentAt + receivedAt) / 2;
  return { host, offsetMs: Math.round(time + ageOf(header('age')) * 1000 - local) };
};
