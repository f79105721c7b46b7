/**
 * Makes `npm run once` and `npm test` work on a fresh clone: installs what package-lock.json says and builds
 * dist/, each only where it is missing or out of date. Needs nothing but Node and npm.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

const fail = (lines) => {
  for (const line of [].concat(lines)) console.error(line);
  process.exit(1);
};

const checkNode = () => {
  const needed = /(\d+)\.(\d+)/.exec(readJson('package.json').engines.node).slice(1).map(Number);
  const present = process.versions.node.split('.').map(Number);
  const enough = present[0] > needed[0] || (present[0] === needed[0] && present[1] >= needed[1]);
  if (!enough)
    fail(`certready needs Node ${needed.join('.')} or later; this is ${process.versions.node}.`);
};

/**
 * Whether node_modules holds what package-lock.json asks for, by npm's own record of what it installed.
 * Packages for other platforms are rightly absent.
 */
const isInstalled = () => {
  const record = join('node_modules', '.package-lock.json');
  if (!existsSync(join(root, record))) return false;
  const present = readJson(record).packages ?? {};
  return Object.entries(readJson('package-lock.json').packages).every(
    ([path, { version, optional }]) =>
      path === '' || (present[path] ? present[path].version === version : optional === true),
  );
};

const run = (command, args, options = {}) => {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
  if (status === 0) return;
  fail([
    `certready: ${[command, ...args].join(' ')} failed${error ? `: ${error.message}` : ''}`,
    `${stdout ?? ''}${stderr ?? ''}`.trimEnd(),
  ]);
};

const install = () => {
  console.error('certready: installing dependencies (npm ci)');
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  // On Windows npm is a script, which only a shell runs.
  run('npm', args, { shell: process.platform === 'win32' });
};

const newest = (path) => {
  const stats = statSync(join(root, path), { throwIfNoEntry: false });
  if (!stats) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  const inside = readdirSync(join(root, path)).map((name) => newest(join(path, name)));
  return Math.max(stats.mtimeMs, ...inside);
};

const sources = [
  'agent',
  'checks',
  'service',
  'package.json',
  'package-lock.json',
  'scripts/build.mjs',
  'scripts/third-party.mjs',
];

const isBuilt = () => {
  const built = statSync(join(root, 'dist', 'certready.js'), { throwIfNoEntry: false });
  return built !== undefined && sources.every((path) => newest(path) <= built.mtimeMs);
};

checkNode();
if (!isInstalled()) install();
if (!isBuilt()) {
  console.error('certready: building dist/');
  run(process.execPath, [join(root, 'scripts', 'build.mjs')]);
}
