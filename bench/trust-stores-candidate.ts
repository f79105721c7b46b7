/**
 * One candidate of the benchmark of trust stores, in a process of its own:
 *
 *     candidate judge|floor STORE ROOT_BASE64
 *
 * It prints the milliseconds from asking to the verdict, modules loaded and nothing run before. The
 * floor reads the same files and hashes them.
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const [, , name = '', path = '', base64 = ''] = process.argv;
const der = Buffer.from(base64, 'base64');

/** A whole machine's file system, of which its own store is judged. */
const isMachine = existsSync(join(path, 'etc'));
const system = join(path, 'etc/ssl/certs');

const hashLinks = (folder: string): string[] =>
  readdirSync(folder).flatMap((file) => (/\.\d+$/.test(file) ? [join(folder, file)] : []));

const filesOf = (): string[] => {
  if (isMachine) return [...hashLinks(system), join(system, 'ca-certificates.crt')];
  return statSync(path).isDirectory() ? hashLinks(path) : [path];
};

const floor = (): string => {
  const files = filesOf();
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex');
};

const { openTrustStore } = await import('../checks/stores/index.ts');
const { systemStore } = await import('../checks/stores/system.ts');
const { indexStore, judgeRoot } = await import('../checks/stores/root-in-store.ts');

const judge = async (): Promise<string> => {
  const store = await (isMachine ? systemStore(path) : openTrustStore(path));
  const contents = await store.read(AbortSignal.timeout(60_000));
  if (contents.entries === undefined) throw new Error(JSON.stringify(contents));
  return judgeRoot(indexStore(contents), { sha256, der }, new Date('2025-06-03')).summary;
};

const sha256 = createHash('sha256').update(der).digest('hex').toUpperCase();
const started = performance.now();
const said = name === 'floor' ? floor() : await judge();
const ms = performance.now() - started;
if (name === 'judge' && !said.startsWith('trusted')) throw new Error(said);
console.log(ms);
