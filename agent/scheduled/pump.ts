/** Keeps alerts moving: sends what is due, waits until more is, and is woken when something new has come. */

import type { Clock } from '../../service/schedule.ts';
import type { Alerting } from '../alerts/index.ts';

export interface Pump {
  /** Something new may be there to send. */
  wake(): void;
  /** Resolves within moments; what is not delivered stays in the outbox. */
  stop(): Promise<void>;
}

export interface PumpOptions {
  readonly alerting: Pick<Alerting, 'pump'>;
  readonly clock: Clock;
  /** Called after each round: queues and problems may have changed. */
  readonly onRound: () => void;
}

/** A due time is the wall clock's, which may be set meanwhile: it is looked at again after this. */
const longestWaitMs = 600_000;

export const startPump = ({ alerting, clock, onRound }: PumpOptions): Pump => {
  const stopping = new AbortController();
  const { signal } = stopping;
  let woken = false;
  let endWait: () => void = () => undefined;

  const wait = (due: Date | undefined): Promise<void> =>
    new Promise((resolve) => {
      if (woken || signal.aborted) {
        resolve();
        return;
      }
      const untilDue = due === undefined ? longestWaitMs : due.getTime() - clock.now().getTime();
      const cancel = clock.after(Math.min(untilDue, longestWaitMs), resolve);
      endWait = () => {
        cancel();
        resolve();
      };
    });

  const rounds = async (): Promise<void> => {
    while (!signal.aborted) {
      woken = false;
      const due = await alerting.pump(signal);
      onRound();
      await wait(due);
    }
  };
  const running = rounds();
  return {
    wake() {
      woken = true;
      endWait();
    },
    stop() {
      stopping.abort(new Error('the agent stops'));
      endWait();
      return running;
    },
  };
};
