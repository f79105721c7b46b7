/** What is to be done to a system, as data: shown by `--dry-run`, or carried out step by step. */

import { ServiceError } from './service-error.ts';

export interface Step {
  /** What it does, in a line that starts with a verb: `write /etc/systemd/system/certready.service`. */
  readonly summary: string;
  /** More of it, shown by `--dry-run`: the text of a file. */
  readonly detail?: string;
  /** Does it. @throws with what the system said */
  run(): Promise<void>;
  /** Asks the system whether it is done. @throws ServiceError when it is not */
  verify?(): Promise<void>;
  /** Makes it undone, also when run() got only half of it done. */
  undo?(): Promise<void>;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** What the administrator should know afterwards, a line each. */
  readonly notes?: readonly string[];
}

export interface Execution {
  /** Told of each step that is done. */
  readonly onStep: (step: Step) => Promise<void>;
  /** Why a system call failed, in words. */
  readonly reasonOf: (error: unknown) => string;
}

/** A ServiceError's own words say more than its code does. */
const inWords = (error: unknown, reasonOf: Execution['reasonOf']): string =>
  error instanceof ServiceError ? error.message : reasonOf(error);

/** Undoes steps, the last one first. @returns what could not be undone, a line each */
const undoAll = async (
  steps: readonly Step[],
  reasonOf: Execution['reasonOf'],
): Promise<string[]> => {
  const left: string[] = [];
  for (const step of steps.toReversed())
    try {
      await step.undo?.();
    } catch (error) {
      left.push(`cannot undo "${step.summary}": ${inWords(error, reasonOf)}`);
    }
  return left;
};

/**
 * Carries a plan out: each step, then what the system says of it. Where one fails, all that was done is undone.
 * @throws ServiceError of the step that failed, one line, and a line for each that could not be undone
 */
export const execute = async ({ steps }: Plan, { onStep, reasonOf }: Execution): Promise<void> => {
  for (const [index, step] of steps.entries()) {
    try {
      await step.run();
      await step.verify?.();
    } catch (error) {
      const left = await undoAll(steps.slice(0, index + 1), reasonOf);
      const line = `cannot ${step.summary}: ${inWords(error, reasonOf)}`;
      throw new ServiceError(
        error instanceof ServiceError ? error.code : 'step-failed',
        [line, ...left],
        error,
      );
    }
    await onStep(step);
  }
};
