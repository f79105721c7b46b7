/** Open gaps, troubles and the outbox as one value: what changes it, and when it is on disk. */

import { randomUUID } from 'node:crypto';
import type { StateStore } from '../state/state-store.ts';
import type { AlertEvent, Teller } from './event.ts';
import { type IsTried, type Outbox, post } from './outbox.ts';
import { type Observation, type ReconcileOptions, reconcile } from './reconcile.ts';
import type { Saved } from './saved.ts';
import type { AlertState } from './state.ts';

export interface LedgerOptions {
  readonly store: StateStore<Saved>;
  readonly from: Teller;
  readonly isTried: IsTried;
  /** The receivers' keys. */
  readonly keys: () => readonly string[];
  readonly reconciling: () => ReconcileOptions;
  readonly onEvent: (event: AlertEvent) => void;
}

/** What the trouble is called that this value is not on disk. */
const unwritable = 'state-unwritable';

export class Ledger {
  readonly #options: LedgerOptions;
  #saved: Saved;
  /** What was written last, or at least tried to. */
  #written: Saved;
  /** Events that nobody has been told of, because they are not in the outbox on disk yet. */
  #unannounced: AlertEvent[] = [];

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#saved = options.store.initial;
    this.#written = this.#saved;
  }

  get alerts(): AlertState {
    return this.#saved.alerts;
  }

  get outbox(): Outbox {
    return this.#saved.outbox;
  }

  /** Whether something has changed since it was written, or tried to be. */
  get isChanged(): boolean {
    return this.#saved !== this.#written;
  }

  /** Whether the last write failed: what is here is only in memory. */
  get isUnsaved(): boolean {
    return this.#options.store.problem() !== undefined;
  }

  /** Changes what is to be delivered; commit() writes it. */
  change(step: (outbox: Outbox) => Outbox): void {
    this.#saved = { ...this.#saved, outbox: step(this.#saved.outbox) };
  }

  /** Puts events into the outboxes of some receivers; each has one id, wherever it goes. */
  post(events: readonly AlertEvent[], keys: readonly string[]): void {
    const { from, isTried } = this.#options;
    for (const event of events)
      this.change((outbox) =>
        post(outbox, { id: `msg_${randomUUID()}`, event, from }, { keys, isTried }),
      );
  }

  /** Takes in what was observed, and what follows from it for the outbox, in one step. */
  observe(observation: Observation): void {
    const { state, events } = reconcile(this.alerts, observation, this.#options.reconciling());
    this.#saved = { ...this.#saved, alerts: state };
    this.post(events, this.#options.keys());
    this.#unannounced.push(...events);
  }

  /** Writes it all; where that fails, it is a trouble to be told like any other, from memory. */
  async commit(): Promise<void> {
    await this.#write();
    const summary = this.#options.store.problem();
    const isKnown = this.alerts.problems[unwritable] !== undefined;
    if (summary !== undefined && !isKnown)
      this.observe({ trouble: { code: unwritable, summary: `State cannot be saved: ${summary}` } });
    if (summary === undefined && isKnown) {
      this.observe({ recovered: unwritable });
      await this.#write();
    }
    const announced = this.#unannounced;
    this.#unannounced = [];
    for (const event of announced) this.#options.onEvent(event);
  }

  async #write(): Promise<void> {
    const value = this.#saved;
    await this.#options.store.save(value);
    this.#written = value;
  }
}
