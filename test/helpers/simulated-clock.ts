/** Clocks and timers that a test moves: years pass in seconds. */

import type { Clock } from '../../service/schedule.ts';

interface Timer {
  readonly at: number;
  readonly action: () => void;
}

/** Lets everything that is ready to go on go on. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 8; turn++) await Promise.resolve();
};

export class SimulatedClock implements Clock {
  #wall: number;
  #elapsed = 0;
  #timers: Timer[] = [];
  #quiets = 0;

  constructor(start: string) {
    this.#wall = Date.parse(start);
  }

  now = (): Date => new Date(this.#wall);
  elapsed = (): number => this.#elapsed;
  after = (ms: number, action: () => void): (() => void) => {
    const timer = { at: this.#elapsed + Math.max(0, ms), action };
    const behind = this.#timers.findIndex(({ at }) => at > timer.at);
    this.#timers.splice(behind === -1 ? this.#timers.length : behind, 0, timer);
    return () => {
      const place = this.#timers.indexOf(timer);
      if (place !== -1) this.#timers.splice(place, 1);
    };
  };

  /** Said by an action that has made no promise: nothing has to be waited for. Millions of waits cost minutes. */
  quiet(): void {
    this.#quiets++;
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** Somebody sets the wall clock, or the machine sleeps: timers see nothing of it. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  async pass(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    for (;;) {
      const [next] = this.#timers;
      if (next === undefined || next.at > end) break;
      this.#timers.shift();
      this.#move(next.at);
      const before = this.#quiets;
      next.action();
      if (this.#quiets === before) await settle();
    }
    this.#move(end);
  }

  #move(to: number): void {
    this.#wall += to - this.#elapsed;
    this.#elapsed = to;
  }
}
