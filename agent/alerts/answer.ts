/** What a receiver's answer means for the event. */

import { retryAfterMs } from './backoff.ts';
import type { Delivery } from './delivery.ts';

export type Answer =
  | { readonly kind: 'accepted' }
  /** For good: the same request would be refused again. */
  | { readonly kind: 'refused'; readonly status: number; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string; readonly askedMs?: number };

/** Timeout, too early, too many requests: 4xx that pass by themselves. */
const passing = new Set([408, 425, 429]);

export const answerOf = (delivery: Delivery, now: Date): Answer => {
  if (delivery.failed !== undefined) return { kind: 'failed', why: delivery.failed };
  const { status, line, retryAfter } = delivery;
  if (status >= 200 && status < 300) return { kind: 'accepted' };
  const why = line === '' ? String(status) : `${status} ${line}`;
  if (status >= 400 && status < 500 && !passing.has(status))
    return { kind: 'refused', status, why };
  // Redirects are not followed: a captive portal sends them, and where it is gone the receiver is back.
  const askedMs = retryAfterMs(retryAfter, now);
  return { kind: 'failed', why, ...(askedMs !== undefined && { askedMs }) };
};
