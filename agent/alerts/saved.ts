/** What alerting keeps on disk, and the check of what is read back. */

import type { Framing } from '../state/state-file.ts';
import { type Outbox, emptyOutbox } from './outbox.ts';
import { type AlertState, emptyAlertState } from './state.ts';

/** Both in one value, which is replaced as a whole. */
export interface Saved {
  readonly alerts: AlertState;
  readonly outbox: Outbox;
}

export const emptySaved: Saved = { alerts: emptyAlertState, outbox: emptyOutbox };

export const savedFraming: Framing<Saved> = {
  format: 'certready-state',
  version: 1,
  async parse(data) {
    // zod is loaded only here: a first start, and --once, have nothing to read.
    const { savedSchema } = await import('./saved-schema.ts');
    const parsed = savedSchema.safeParse(data);
    // Not what zod made of it: an event keeps the order of its keys, and so its bytes.
    if (parsed.success) return data as Saved;
    const [issue] = parsed.error.issues;
    throw new Error(`its content is not right at ${issue?.path.join('.') ?? 'the top'}`);
  },
};
