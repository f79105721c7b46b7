/**
 * Entries on their way to where they are written: in order, in batches, kept while that place fails. What does
 * not fit any more is counted, and the count stands in the log once it can be written again.
 */

import { systemReason } from '../errors.ts';
import type { Entry } from './line.ts';

export interface EntryQueueOptions {
  /** The place, for problem(): `/var/log/certready.log`. */
  readonly place: string;
  /** @throws whatever went wrong; none of the entries counts as written then */
  readonly write: (entries: readonly Entry[]) => Promise<void>;
  /** Told of what cannot be written, when the place begins to fail and while it does. */
  readonly failing?: (entries: readonly Entry[]) => void;
  readonly now: () => Date;
}

/** What is kept while nothing can be written: some days of an agent with troubles. */
const mostEntries = 1000;
/** How soon a place that failed is tried again, besides at the next entry. */
const againMs = 30_000;
/** A place that hangs does not hold up the end of the program. */
const longestCloseMs = 2000;

export class EntryQueue {
  readonly #options: EntryQueueOptions;
  #entries: readonly Entry[] = [];
  #lost = 0;
  #problem: string | undefined;
  #sending: Promise<void> | undefined;
  #again: NodeJS.Timeout | undefined;

  constructor(options: EntryQueueOptions) {
    this.#options = options;
  }

  /** Why the last attempt failed, in one line. */
  problem(): string | undefined {
    return this.#problem;
  }

  push(entry: Entry): void {
    this.#keep([...this.#entries, entry]);
    if (this.#problem !== undefined) this.#options.failing?.([entry]);
    // What is said in one go is written in one go.
    this.#sending ??= Promise.resolve().then(() => this.#send());
  }

  /** Resolves when every entry is written, or cannot be. */
  async close(): Promise<void> {
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, longestCloseMs)));
    await Promise.race([this.#flush(), late]);
    clearTimeout(timer);
    clearTimeout(this.#again);
  }

  async #flush(): Promise<void> {
    await this.#sending;
    if (this.#entries.length > 0) await this.#send();
  }

  #keep(entries: readonly Entry[]): void {
    this.#entries = entries.slice(-mostEntries);
    this.#lost += entries.length - this.#entries.length;
  }

  async #send(): Promise<void> {
    clearTimeout(this.#again);
    while (this.#entries.length > 0) {
      const batch = this.#entries;
      const lost = this.#lost;
      this.#entries = [];
      try {
        await this.#options.write(lost > 0 ? [this.#lostEntry(lost), ...batch] : batch);
        this.#lost -= lost;
        this.#problem = undefined;
      } catch (error) {
        this.#failed(batch, error);
        break;
      }
    }
    this.#sending = undefined;
  }

  #failed(batch: readonly Entry[], error: unknown): void {
    const all = [...batch, ...this.#entries];
    const isNew = this.#problem === undefined;
    this.#problem = `${this.#options.place}: ${systemReason(error)}`;
    if (isNew) this.#options.failing?.(all);
    this.#keep(all);
    this.#again = setTimeout(() => {
      this.#sending ??= this.#send();
    }, againMs);
    this.#again.unref();
  }

  #lostEntry(lines: number): Entry {
    const message = `${lines} lines could not be written and are lost`;
    return { level: 'warn', message, fields: { lines }, at: this.#options.now() };
  }
}
