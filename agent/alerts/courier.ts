/**
 * When what is sent to one receiver: one request at a time, the oldest first, and after a failure nothing until
 * the wait is over. A subject whose event fails gives way to the others, so that one event that a receiver
 * cannot digest does not hold up the rest. All of it is in memory: a restart tries at once.
 */

import type { Answer } from './answer.ts';
import { backoffMs, longestWaitMs } from './backoff.ts';
import type { Message } from './lane.ts';
import type { Receiver } from './receivers/index.ts';

export interface Failing {
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly why: string;
}

/** What to do now; times are milliseconds since the epoch, and absent where nothing is to be done by itself. */
export type Turn =
  | { readonly message: Message; readonly due?: undefined }
  | { readonly message?: undefined; readonly due?: number };

interface Wait {
  readonly failures: number;
  readonly until: number;
}

/** A time farther off than any wait was set by a clock that has jumped since. */
const isOver = (until: number, now: number): boolean => until <= now || until > now + longestWaitMs;

export class Courier {
  receiver: Receiver;
  readonly #random: () => number;
  readonly #tried: Set<string>;
  readonly #waits = new Map<string, Wait>();
  #wait: Wait = { failures: 0, until: 0 };
  #failing: Failing | undefined;
  #refusal: string | undefined;
  #refreshedAt: number | undefined;

  /** `tried`: ids that a process before this one may have sent. */
  constructor(
    receiver: Receiver,
    { random, tried }: { readonly random: () => number; readonly tried: readonly string[] },
  ) {
    this.receiver = receiver;
    this.#random = random;
    this.#tried = new Set(tried);
  }

  /** Takes the receiver's new configuration, and tries it at once. */
  reconfigure(receiver: Receiver): void {
    this.receiver = receiver;
    this.#waits.clear();
    this.#wait = { failures: 0, until: 0 };
  }

  isTried(id: string): boolean {
    return this.#tried.has(id);
  }

  /** Since when, and why, nothing has come through; absent while all is well. */
  get failing(): Failing | undefined {
    return this.#failing;
  }

  /** Why it refused an event for good last; absent once it has taken one. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** `heads`: the first message of each subject, the oldest first. */
  turn(heads: readonly Message[], now: number): Turn {
    if (heads.length === 0) return {};
    const until = (message: Message): number => this.#waits.get(message.id)?.until ?? 0;
    if (!isOver(this.#wait.until, now)) return { due: this.#wait.until };
    const due = heads.filter((message) => isOver(until(message), now));
    const failures = ({ id }: Message): number => this.#waits.get(id)?.failures ?? 0;
    const [message] = due.sort((a, b) => failures(a) - failures(b) || a.number - b.number);
    return message ? { message } : { due: Math.min(...heads.map(until)) };
  }

  /** Called before the request, because nobody knows how far it gets. */
  trying({ id }: Message): void {
    this.#tried.add(id);
  }

  /** Takes the answer in. @returns how long to wait, milliseconds, after a failure */
  answered(id: string, answer: Answer, now: number): number | undefined {
    if (answer.kind !== 'failed') {
      this.#tried.delete(id);
      this.#waits.delete(id);
      this.#wait = { failures: 0, until: 0 };
      this.#failing = undefined;
      this.#refusal = answer.kind === 'refused' ? answer.why : undefined;
      return undefined;
    }
    const { why, askedMs } = answer;
    const asked = askedMs === undefined ? {} : { askedMs };
    const wait = (before: Wait | undefined): Wait => {
      const failures = (before?.failures ?? 0) + 1;
      return { failures, until: now + backoffMs({ failures, ...asked, random: this.#random }) };
    };
    this.#waits.set(id, wait(this.#waits.get(id)));
    this.#wait = wait(this.#wait);
    this.#failing = { since: this.#failing?.since ?? now, why };
    return this.#wait.until - now;
  }

  /** When alerts that fire have to be sent again, for receivers that forget them; undefined for the others. */
  refreshDue(now: number): number | undefined {
    const everyMs = this.receiver.format.refresh?.everyMs;
    if (everyMs === undefined) return undefined;
    const last = this.#refreshedAt;
    const due = last === undefined || last > now ? now : last + everyMs;
    return isOver(this.#wait.until, now) ? due : Math.max(due, this.#wait.until);
  }

  refreshed(now: number): void {
    this.#refreshedAt = now;
  }
}
