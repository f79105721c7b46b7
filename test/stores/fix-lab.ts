/** A gap of a store, its commands run for real as they would be pasted, and the store judged again. */

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { createRun } from '../../agent/run/context.ts';
import { gaps } from '../../checks/gaps.ts';
import { fingerprint256 } from '../../checks/pki/certificate.ts';
import { trustStoreCheck } from '../../checks/trust-store.ts';
import type { Finding, TrustStore } from '../../checks/types.ts';
import { fakeHost } from '../helpers/fake-host.ts';
import { fakeProfile } from '../helpers/fake-run.ts';
import { testTime } from '../helpers/private-ca.ts';
import { lacking } from '../helpers/programs.ts';
import { r1 } from './example-roots.ts';
import { lay, temporaryFolder } from './read-store.ts';

const run = promisify(execFile);

const sha256 = fingerprint256(r1.der);
const profile = fakeProfile('lab', {
  authorities: [{ id: 'r1', name: 'Example Root R1', root: true, sha256, der: r1.der }],
});

/** What certready says of r1 in a store; undefined where it finds nothing wrong. */
export const gapIn = async (store: TrustStore): Promise<Finding | undefined> => {
  const tasks = await trustStoreCheck.discover(
    profile,
    createRun(fakeHost({ trustStores: [store] }), { smtp: [] }),
  );
  const observation = await tasks[0]?.observe(AbortSignal.timeout(60_000));
  const judged = observation?.judge(testTime) ?? assert.fail('no task');
  assert.equal(judged.unknown ?? judged.skipped, undefined);
  return judged.findings[0];
};

export interface Shell {
  /** Lines that run before the others. */
  readonly prepare?: readonly string[];
  /** What the commands read. */
  readonly input?: string;
  /** Where the file system of a private machine begins, which they run on. */
  readonly root?: string;
  /** Programs that are made up, each a shell script. */
  readonly programs?: Readonly<Record<string, string>>;
}

/** Stands for the program itself, which tests of its own show to write this file. */
const certready = (pem: string): string =>
  `[ "$*" = 'profile show lab --pem --authority r1 -o certready-root.pem' ] || exit 3\ncat '${pem}' >certready-root.pem`;

/** Runs lines as they would be pasted, each only if the one before succeeded. */
const paste = async (t: TestContext, lines: readonly string[], shell: Shell): Promise<void> => {
  const work = await temporaryFolder(t);
  const bin = join(work, 'bin');
  await lay(work, { 'r1.pem': r1.pem });
  await mkdir(bin);
  const programs = {
    certready: certready(join(work, 'r1.pem')),
    ...(shell.root !== undefined && { 'update-ca-certificates': updateCertificates(shell.root) }),
    ...shell.programs,
  };
  for (const [name, script] of Object.entries(programs))
    await writeFile(join(bin, name), `#!/bin/sh -e\n${script}\n`, { mode: 0o755 });
  const child = spawn('/bin/sh', ['-e', '-c', lines.join('\n')], {
    cwd: work,
    env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stdin.on('error', () => undefined).end(shell.input); // nobody has to read it
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  assert.equal(code, 0, `${lines.join('\n')}\n${output}`);
};

/** Folders that a private machine has of its own. */
const ownFolders = ['/etc', '/usr/share/ca-certificates', '/usr/local/share/ca-certificates'];

/** Debian's tool, told by its own options to link to the private machine's folders by the paths that the test sees. */
const updateCertificates = (root: string): string =>
  [
    'exec /usr/sbin/update-ca-certificates',
    ...[`--certsdir '${root}/usr/share/ca-certificates'`, `--etccertsdir '${root}/etc/ssl/certs'`],
    `--localcertsdir '${root}/usr/local/share/ca-certificates' "$@"`,
  ].join(' ');

/** What programs read of /etc, whatever they do. */
const ofThisMachine = ['alternatives', 'ld.so.cache', 'passwd', 'group', 'ssl/openssl.cnf'];

/** A machine with little in /etc and no certificates; then files are laid into it. */
export const privateSystem = async (
  t: TestContext,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<string> => {
  const root = await temporaryFolder(t);
  for (const path of [...ownFolders, '/etc/ssl/certs', '/etc/ca-certificates/update.d'])
    await mkdir(join(root, path), { recursive: true });
  for (const path of ofThisMachine)
    await cp(join('/etc', path), join(root, 'etc', path), {
      recursive: true,
      verbatimSymlinks: true,
    });
  await lay(root, files);
  return root;
};

/** The lines as one that runs them on the private machine, where only its own folders are changed. */
const onMachine = async (root: string, lines: readonly string[]): Promise<string> => {
  const mounts = ownFolders.map((path) => `mount --bind '${join(root, path)}' ${path}`);
  const script = join(root, 'script');
  await writeFile(script, ['mount --make-rprivate /', ...mounts, ...lines, ''].join('\n'));
  return `unshare -m sh -e '${script}'`;
};

/** The finding as it would be on the machine whose file system begins at `root`. */
const asSeenThere = (finding: Finding, root: string): Finding =>
  JSON.parse(JSON.stringify(finding).replaceAll(root, '')) as Finding;

const said = ({ code, evidence }: Finding): string =>
  [code, evidence['reason']].filter((part) => typeof part === 'string').join(' ');

/** There is this gap, and the commands that its words give run. */
export const runFixes = async (
  t: TestContext,
  store: TrustStore,
  expected: string,
  shell: Shell = {},
): Promise<void> => {
  const { root, prepare = [] } = shell;
  const found = (await gapIn(store)) ?? assert.fail('no gap');
  const finding = root === undefined ? found : asSeenThere(found, root);
  assert.equal(said(finding), expected);
  const lines = [...prepare, ...gaps[finding.code].commands(finding, 'linux')];
  await paste(t, root === undefined ? lines : [await onMachine(root, lines)], shell);
};

/** As runFixes, and they close the gap. */
export const assertFixed = async (
  t: TestContext,
  open: () => TrustStore | Promise<TrustStore>,
  expected: string,
  shell: Shell = {},
): Promise<void> => {
  await runFixes(t, await open(), expected, shell);
  assert.equal(await gapIn(await open()), undefined);
};

/** Runs lines on the private machine. */
export const runOn = async (
  t: TestContext,
  root: string,
  lines: readonly string[],
): Promise<void> => paste(t, [await onMachine(root, lines)], { root });

/** Why there can be no private machine here; false where there can. */
export const cannotMount = async (...programs: readonly string[]): Promise<string | false> => {
  const missing = await lacking('unshare', ...programs);
  if (missing !== false) return missing;
  return run('unshare', ['-m', 'mount', '--bind', '/etc', '/etc']).then(
    () => false,
    () => 'needs the right to mount',
  );
};
