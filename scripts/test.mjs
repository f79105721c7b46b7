/**
 * Runs the tests from source: all of them, or those below the paths that are given.
 * `--smoke` leaves out what takes long and hardly depends on the version of Node: the firewall lab, packages,
 * services' lives, fuzzing, kills, and what mostly asks other programs.
 */

import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
// What is tested is installed and built, however the tests are started.
import './setup.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const collect = (path) => {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) {
    console.error(`no such test file or folder: ${path}`);
    process.exit(1);
  }
  if (!stats.isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => collect(join(path, name)))
    .filter((file) => file.endsWith('.test.ts'));
};

const args = process.argv.slice(2);
const smoke = args.includes('--smoke');
const paths = args.filter((arg) => arg !== '--smoke').map((path) => resolve(path));
const elsewhere = [
  'lab/',
  'packaging/',
  'service/booted/',
  'service/systemd/sandbox.test.ts',
  'fuzz/',
  'agent/alerts/kill.test.ts',
  'agent/log/event-log.test.ts',
  'stores/mail/',
  'stores/windows/wine.test.ts',
  'stores/fixes.test.ts',
  'stores/fixes-p11-kit.test.ts',
].map((name) => join(root, 'test', ...name.split('/')) + (name.endsWith('/') ? sep : ''));
const files = [...new Set((paths.length > 0 ? paths : [join(root, 'test')]).flatMap(collect))]
  .filter((file) => !smoke || !elsewhere.some((folder) => file.startsWith(folder)))
  .map((file) => relative(root, file));
if (files.length === 0) {
  console.error('no tests there');
  process.exit(1);
}

// A machine's own extra roots would change what the tests find.
const { NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, SSL_CERT_DIR, ...env } = process.env;

const child = spawn(
  process.execPath,
  [
    '--import',
    'tsx',
    '--test',
    // Node's own choice is one file at a time on two cores, although most tests wait for somebody.
    `--test-concurrency=${Math.max(2, availableParallelism())}`,
    '--test-reporter=spec',
    ...files,
  ],
  { cwd: root, env, stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('close', (status) => {
  process.exitCode = status ?? 1;
});
