/**
 * Pushes metrics to an OpenTelemetry collector, in the background. What could not be sent is not kept: counters
 * and histograms add up, so that the next push says it all.
 */

import { backoffMs, retryAfterMs } from '../alerts/backoff.ts';
import type { AlertRequest, Deliver, Delivery } from '../alerts/delivery.ts';
import { placeOf } from '../alerts/redact.ts';

export interface PusherOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly intervalMs: number;
  /** The request's body. */
  readonly body: () => Promise<string>;
  readonly deliver: () => Promise<Deliver>;
  readonly now: () => Date;
  /** From 0 up to, but not including, 1. */
  readonly random: () => number;
  /** Told after each push: why it failed, or undefined. */
  readonly done: (problem: string | undefined) => void;
}

/** To be sent again (OTLP specification, "Retryable Response Codes"); with others the data is refused. */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504]);

interface Outcome {
  readonly problem?: string;
  /** Sooner or later than at the next interval. */
  readonly retry?: { readonly askedMs?: number };
}

/** A collector that takes only some of it says so in a 200 ("Partial Success"). */
const rejected = /"rejectedDataPoints"\s*:\s*"?([1-9]\d*)/;

const outcomeOf = (delivery: Delivery, now: Date): Outcome => {
  if (delivery.failed !== undefined) return { problem: delivery.failed, retry: {} };
  const { status, line, retryAfter } = delivery;
  if (status >= 200 && status < 300) {
    const [, points] = rejected.exec(line) ?? [];
    return points === undefined ? {} : { problem: `${points} data points were rejected: ${line}` };
  }
  const problem = line === '' ? String(status) : `${status} ${line}`;
  if (!retryable.has(status)) return { problem };
  const askedMs = retryAfterMs(retryAfter, now);
  return { problem, retry: askedMs === undefined ? {} : { askedMs } };
};

export class Pusher {
  readonly #options: PusherOptions;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #pushing: Promise<void> | undefined;
  /** Something has changed since the push that is under way began. */
  #isStale = false;
  /** Milliseconds since the epoch: a collector that failed is left alone until then. */
  #notBefore = 0;
  #failures = 0;

  constructor(options: PusherOptions) {
    this.#options = options;
  }

  /** Begins a push, unless one is under way or the collector is to be left alone. */
  push(): void {
    if (this.#stop.signal.aborted) return;
    if (this.#options.now().getTime() < this.#notBefore) return;
    this.#isStale = this.#pushing !== undefined;
    this.#pushing ??= this.#push().finally(() => {
      this.#pushing = undefined;
      if (this.#isStale) this.push();
    });
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#pushing;
  }

  async #push(): Promise<void> {
    clearTimeout(this.#timer);
    const { problem, retry } = await this.#send();
    if (this.#stop.signal.aborted) return;
    const { url, intervalMs, now, random, done } = this.#options;
    this.#failures = retry ? this.#failures + 1 : 0;
    const waitMs = retry ? backoffMs({ failures: this.#failures, random, ...retry }) : intervalMs;
    this.#notBefore = retry ? now().getTime() + waitMs : 0;
    this.#timer = setTimeout(() => {
      this.#notBefore = 0;
      this.push();
    }, waitMs);
    this.#timer.unref();
    done(problem === undefined ? undefined : `metrics.otlp ${placeOf(url)}: ${problem}`);
  }

  async #send(): Promise<Outcome> {
    const { url, headers, body, deliver, now } = this.#options;
    try {
      const secrets = Object.values(headers);
      const request: AlertRequest = { url, headers, body: await body(), secrets };
      return outcomeOf(await (await deliver())(request, this.#stop.signal), now());
    } catch (error) {
      return { problem: error instanceof Error ? error.message : String(error), retry: {} };
    }
  }
}
