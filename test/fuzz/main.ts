/**
 * Fuzzes what reads certificates, CRLs, OCSP responses and files of certificates.
 *
 *     npm run fuzz -- [--target crl|ocsp|certificate|pkcs7] [--seed N] [--cases N] [--case N]
 *
 * Without a target, all of them share the cases. `--case` runs one case again. The long mode is
 * `--cases 1000000`.
 */

import { parseArgs } from 'node:util';
import { FuzzFailure, fuzz } from './fuzz.ts';
import { type FuzzTargetName, fuzzTargetNames } from './targets.ts';

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: '20000' },
    case: { type: 'string' },
  },
});

const numberOf = (text: string, name: string): number => {
  if (!/^\d{1,10}$/.test(text)) throw new Error(`--${name} ${text}: not a number`);
  return Number(text);
};

const isTarget = (name: string): name is FuzzTargetName =>
  (fuzzTargetNames as readonly string[]).includes(name);

const targetsOf = (name: string | undefined): readonly FuzzTargetName[] => {
  if (name === undefined) return fuzzTargetNames;
  if (!isTarget(name))
    throw new Error(`--target ${name}: not one of ${fuzzTargetNames.join(', ')}`);
  return [name];
};

const megabytes = (bytes: number): string => (bytes / 1_048_576).toFixed(1);

const run = async (): Promise<void> => {
  const seed = numberOf(values.seed, 'seed');
  const targets = targetsOf(values.target);
  const each = Math.ceil(numberOf(values.cases, 'cases') / targets.length);
  const only = values.case === undefined ? undefined : numberOf(values.case, 'case');
  const [from, to] = only === undefined ? [0, each] : [only, only + 1];
  for (const target of targets) {
    const started = performance.now();
    const onProgress = (done: number): void => {
      if (process.stderr.isTTY) process.stderr.write(`\r${target} ${done} of ${to - from} `);
    };
    const { outcomes, slowestMs, growth } = await fuzz({ target, seed, from, to, onProgress });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(
      `${target}: ${to - from} cases of seed ${seed} in ${seconds} s: ${outcomes.refused} refused, ` +
        `${outcomes.unbelieved} not believed, ${outcomes.believed} believed with what was signed untouched; ` +
        `slowest ${slowestMs.toFixed(1)} ms, heap ${growth < 0 ? '' : '+'}${megabytes(growth)} MB\n`,
    );
  }
};

try {
  await run();
} catch (error) {
  process.stderr.write(`${error instanceof FuzzFailure ? 'failed: ' : ''}${String(error)}\n`);
  process.exitCode = 1;
}
