/** Takes messages from the outbox to their receivers, each receiver by itself. */

import type { Host } from '../../checks/types.ts';
import type { LogLevel } from '../diagnostics.ts';
import { duration } from '../report/words.ts';
import { type Answer, answerOf } from './answer.ts';
import type { Courier } from './courier.ts';
import type { AlertRequest, Deliver, Delivery } from './delivery.ts';
import type { Teller } from './event.ts';
import type { Message } from './lane.ts';
import type { Ledger } from './ledger.ts';
import { counts, heads, refused, taken } from './outbox.ts';
import type { Credentials } from './receivers/receiver.ts';
import { refreshNotices } from './standing.ts';

export interface DispatchOptions {
  readonly ledger: Ledger;
  /** What there is to deliver with; opened when it is first needed. */
  readonly deliver: () => Promise<Deliver>;
  readonly from: Teller;
  readonly clock: Pick<Host, 'now' | 'elapsed'>;
  readonly log: (level: LogLevel, message: string) => void;
}

type MakeRequest = (options: Credentials & { readonly sentAt: Date }) => AlertRequest;

/** Milliseconds since the epoch, or undefined where nothing will be due by itself. */
export type Due = number | undefined;

export const earliest = (times: readonly Due[]): Due => {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
};

export class Dispatch {
  readonly #options: DispatchOptions;
  readonly #running = new Map<Courier, Promise<Due>>();

  constructor(options: DispatchOptions) {
    this.#options = options;
  }

  /** Sends what is due to one receiver. One that is being served already is not served twice at once. */
  serve(courier: Courier, signal: AbortSignal): Promise<Due> {
    const running = this.#running.get(courier);
    if (running) return running;
    const served = this.#drain(courier, signal).finally(() => this.#running.delete(courier));
    this.#running.set(courier, served);
    return served;
  }

  async #drain(courier: Courier, signal: AbortSignal): Promise<Due> {
    const { ledger, clock } = this.#options;
    const { key } = courier.receiver;
    while (!signal.aborted) {
      // What is sent is on disk before: after a kill, the same event goes out under the same id.
      while (ledger.isChanged) await ledger.commit();
      const now = clock.now().getTime();
      const { message, due } = courier.turn(heads(ledger.outbox, key), now);
      if (message) {
        await this.#send(courier, message, signal);
        continue;
      }
      const refreshDue = this.#refreshDue(courier, now);
      if (refreshDue === undefined || refreshDue > now) return earliest([due, refreshDue]);
      await this.#refresh(courier, signal);
    }
    return undefined;
  }

  async #send(courier: Courier, message: Message, signal: AbortSignal): Promise<void> {
    const { ledger, clock } = this.#options;
    const { key, format } = courier.receiver;
    courier.trying(message);
    const delivery = await this.#request(
      courier,
      (options) => format.request(message, options),
      signal,
    );
    if (signal.aborted && delivery.failed !== undefined) return;
    const now = clock.now();
    const answer = answerOf(delivery, now);
    const wasFailing = courier.failing;
    const waitMs = courier.answered(message.id, answer, now.getTime());
    switch (answer.kind) {
      case 'accepted':
        ledger.change((outbox) => taken(outbox, key, message));
        break;
      case 'refused': {
        const { status } = answer;
        ledger.change((outbox) => refused(outbox, key, { message, status, at: now }));
        break;
      }
      case 'failed':
        break;
    }
    this.#logAnswer(courier, answer, { wasFailing, waitMs, now: now.getTime() });
    await ledger.commit();
  }

  /** When open alerts have to be sent again; undefined where there are none, or the receiver remembers. */
  #refreshDue(courier: Courier, now: number): Due {
    const due = courier.refreshDue(now);
    return due === undefined || this.#openNotices(courier).length === 0 ? undefined : due;
  }

  #openNotices(courier: Courier): ReturnType<typeof refreshNotices> {
    const { ledger, from, clock } = this.#options;
    return refreshNotices(ledger, courier.receiver.key, { from, now: clock.now() });
  }

  /** A refresh is not kept: the next one says the same. */
  async #refresh(courier: Courier, signal: AbortSignal): Promise<void> {
    const { label, format } = courier.receiver;
    const { refresh } = format;
    if (!refresh) return;
    const notices = this.#openNotices(courier);
    const delivery = await this.#request(
      courier,
      (options) => refresh.request(notices, options),
      signal,
    );
    const now = this.#options.clock.now();
    courier.refreshed(now.getTime());
    const answer = answerOf(delivery, now);
    if (answer.kind !== 'accepted' && !signal.aborted)
      this.#options.log('debug', `alerts: ${label}: refresh: ${answer.why}`);
  }

  async #request(courier: Courier, make: MakeRequest, signal: AbortSignal): Promise<Delivery> {
    try {
      const credentials = await courier.receiver.credentials();
      const deliver = await this.#options.deliver();
      const request = make({ ...credentials, sentAt: this.#options.clock.now() });
      return await deliver(request, signal);
    } catch (error) {
      return { failed: error instanceof Error ? error.message : String(error) };
    }
  }

  /** One line when something changes; each further failure only for those who look closely. */
  #logAnswer(
    courier: Courier,
    answer: Answer,
    {
      wasFailing,
      waitMs = 0,
      now,
    }: { wasFailing: Courier['failing']; waitMs: number | undefined; now: number },
  ): void {
    const { log, ledger } = this.#options;
    const { label, place, key } = courier.receiver;
    const name = `alerts: ${label} (${place})`;
    const { pending } = counts(ledger.outbox, key);
    if (answer.kind === 'failed')
      log(
        wasFailing ? 'debug' : 'warn',
        `${name}: ${answer.why}; ${pending} waiting, next try in ${duration(waitMs)}`,
      );
    else if (answer.kind === 'refused') log('error', `${name}: refused for good: ${answer.why}`);
    else if (wasFailing)
      log('info', `${name}: works again after ${duration(now - wasFailing.since)}`);
  }
}
