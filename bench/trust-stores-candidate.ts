/**
 * One candidate of the benchmark of trust stores, in a process of its own:
 *
 *     candidate judge|floor STORE ROOT_SHA256
 *
 * It prints the milliseconds from asking to the verdict, modules loaded and nothing run before. The
 * floor reads the same files and hashes them.
 */

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const [, , name = '', path = '', sha256 = ''] = process.argv;

const floor = (): string => {
  const files = statSync(path).isDirectory()
    ? readdirSync(path).flatMap((file) => (/\.\d+$/.test(file) ? [join(path, file)] : []))
    : [path];
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex');
};

const { openTrustStore } = await import('../checks/stores/index.ts');
const { indexStore, judgeRoot } = await import('../checks/stores/root-in-store.ts');

const judge = async (): Promise<string> => {
  const contents = await (await openTrustStore(path)).read(AbortSignal.timeout(60_000));
  if (contents.entries === undefined) throw new Error(JSON.stringify(contents));
  return judgeRoot(indexStore(contents), { sha256 }, new Date('2025-06-03')).summary;
};

const started = performance.now();
const said = name === 'floor' ? floor() : await judge();
const ms = performance.now() - started;
if (name === 'judge' && !said.startsWith('trusted')) throw new Error(said);
console.log(ms);
