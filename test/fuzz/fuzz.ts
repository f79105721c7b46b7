/** Runs mutations against a target: the same seed gives the same cases, each of them by its number. */

import { seeded } from '../helpers/chunks.ts';
import { mutate } from './mutate.ts';
import { type FuzzTargetName, type Outcome, fuzzTargets } from './targets.ts';

export interface FuzzOptions {
  readonly target: FuzzTargetName;
  readonly seed: number;
  /** Numbers of the first case and of the one after the last. */
  readonly from: number;
  readonly to: number;
  readonly onProgress?: (done: number) => void;
}

export interface FuzzResult {
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** The longest that one case took, milliseconds of processor time. */
  readonly slowestMs: number;
  /** What the heap holds more than after the first thousand cases, bytes. */
  readonly growth: number;
}

/** A case that broke a property: its number, its bytes, and why. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';

  constructor(options: FuzzOptions, number: number, input: Uint8Array, cause: unknown) {
    const again = `--target ${options.target} --seed ${options.seed} --case ${number}`;
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${again}: ${reason}\n${Buffer.from(input).toString('hex')}`, { cause });
  }
}

/** No case is allowed more, milliseconds of processor time: a hang is a failure, a busy machine is none. */
const longestMs = 2_000;
const settledCases = 1_000;
const progressEvery = 10_000;

/** A new sequence for each case, so that a case can be run alone. */
const randomOf = (seed: number, number: number) =>
  seeded(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));

/** Milliseconds of processor time. */
const spent = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const heapUsed = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

/** @throws FuzzFailure for the first case that breaks a property */
export const fuzz = async (options: FuzzOptions): Promise<FuzzResult> => {
  const target = fuzzTargets[options.target]();
  const outcomes: Record<Outcome, number> = { refused: 0, unbelieved: 0, believed: 0 };
  let slowestMs = 0;
  let settled: number | undefined;
  for (let number = options.from; number < options.to; number++) {
    const next = randomOf(options.seed, number);
    const input = target.seeds[next() % target.seeds.length] ?? new Uint8Array(0);
    const donor = target.seeds[next() % target.seeds.length] ?? input;
    const mutant = mutate(input, donor, next);
    const started = spent();
    try {
      outcomes[await target.run(mutant, next)]++;
    } catch (error) {
      throw new FuzzFailure(options, number, mutant, error);
    }
    const ms = spent() - started;
    if (ms > longestMs) throw new FuzzFailure(options, number, mutant, `took ${Math.round(ms)} ms`);
    slowestMs = Math.max(slowestMs, ms);
    const done = number - options.from + 1;
    if (done === settledCases) settled = heapUsed();
    if (done % progressEvery === 0) options.onProgress?.(done);
  }
  return { outcomes, slowestMs, growth: settled === undefined ? 0 : heapUsed() - settled };
};
