/** One line on a terminal that says how far a run has come. */

import { harmless } from '../report/harmless.ts';
import type { Output } from './surroundings.ts';

export interface ProgressLine {
  show(done: number, total: number, last: string): void;
  /** Takes the line away again. */
  clear(): Promise<void>;
}

const back = '\r\u001b[K';

export const progressLine = (output: Output, wanted: boolean): ProgressLine => {
  if (!wanted || !output.isTTY) return { show: () => undefined, clear: () => Promise.resolve() };
  let shown = false;
  return {
    show(done, total, last) {
      shown = true;
      const text = harmless(`${done}/${total} ${last}`).slice(0, Math.max(0, output.columns - 1));
      void output.write(`${back}${text}`).catch(() => undefined);
    },
    async clear() {
      if (shown) await output.write(back).catch(() => undefined);
    },
  };
};
