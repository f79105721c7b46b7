/** The single executables: alone in a folder, without Node, they do what certready does. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, open, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, it, suite } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Report } from '../../agent/report/report.ts';
import { startLoopbackLab } from '../helpers/loopback-lab.ts';
import { copyForWine, lackingPackages, packagePath } from '../helpers/packages.ts';
import { lacking } from '../helpers/programs.ts';
import { type Wine, lackingWine, startWine } from '../helpers/wine.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));

const { version } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as {
  version: string;
};

const headOf = async (end: string): Promise<Buffer> => {
  const file = await open(packagePath(end) ?? '');
  try {
    return (await file.read(Buffer.alloc(4096), 0, 4096, 0)).buffer;
  } finally {
    await file.close();
  }
};

const lackingLab = await lacking('openssl', 'nginx');

suite('on Linux', { skip: lackingPackages('linux-x64') }, () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certready-executable-'));
    await copyFile(packagePath('linux-x64') ?? '', join(folder, 'certready'));
    await chmod(join(folder, 'certready'), 0o755);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const certready = (...args: readonly string[]) =>
    run(join(folder, 'certready'), args, {
      env: { PATH: '/nowhere', HOME: folder, CERTREADY_CONFIG: '/dev/null' },
    });

  it('says its version', async () => {
    assert.deepEqual(await certready('--version'), { stdout: `${version}\n`, stderr: '' });
  });

  it('prints the licences of what is inside, Node included', async () => {
    const { stdout } = await certready('licenses');
    for (const name of ['certready', 'commander', 'zod', 'undici', 'koffi', 'Node.js'])
      assert.match(stdout, new RegExp(`^-+\n${name} \\d+\\.\\d+\\.\\d+ \\(.+\\)\n-+\n`, 'm'));
  });

  it('completes its own command line', async () => {
    const { stdout } = await certready('completion', 'bash');
    assert.match(stdout, /complete -F _certready certready/);
  });

  it('runs every check', { skip: lackingLab }, async () => {
    const lab = await startLoopbackLab();
    try {
      const { stdout, stderr } = await certready('--once', '-f', 'json', ...lab.options);
      assert.equal(stderr, '');
      const { verdict, checks } = JSON.parse(stdout) as Report;
      assert.equal(verdict, 'ready');
      assert.deepEqual(new Set(checks.map(({ status }) => status)), new Set(['ok']));
    } finally {
      await lab.stop();
    }
  });

  it('leaves nothing beside itself', async () => {
    assert.deepEqual(
      (await readdir(folder)).filter((name) => !name.startsWith('.')),
      ['certready'],
    );
  });
});

/** ELF machine numbers (System V ABI). */
const machines = [
  ['linux-x64', 62],
  ['linux-arm64', 183],
] as const;
for (const [end, machine] of machines)
  it(`${end} is for that machine`, { skip: lackingPackages(end) }, async () => {
    const head = await headOf(end);
    assert.equal(head.toString('hex', 0, 6), '7f454c460201');
    assert.equal(head.readUInt16LE(18), machine);
  });

for (const end of ['linux-x64', 'linux-arm64', 'windows-x64.exe'])
  it(
    `${end} names no folder of the machine that it was built on`,
    { skip: lackingPackages(end) },
    async () => {
      const bytes = await readFile(packagePath(end) ?? '');
      const folders = [repository, dirname(packagePath(end) ?? ''), join(tmpdir(), 'certready-')];
      // A folder like /src/ is named by Node itself, wherever this lies
      const node = await readFile(process.execPath);
      for (const path of folders.filter((folder) => !node.includes(folder)))
        assert.equal(bytes.indexOf(path), -1, path);
    },
  );

suite('on Windows', { skip: lackingPackages('windows-x64.exe') || (await lackingWine()) }, () => {
  let folder = '';
  let wine: Wine;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certready-executable-'));
    await copyForWine(join(folder, 'certready.exe'));
    wine = await startWine('/etc/ssl/certs');
  });
  after(async () => {
    await wine.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const certready = (...args: readonly string[]) =>
    wine.windows(join(folder, 'certready.exe'), ...args);

  it('carries no signature, which would not hold', async () => {
    const head = await headOf('windows-x64.exe');
    const optional = head.readUInt32LE(0x3c) + 24;
    assert.equal(head.toString('hex', optional + 144, optional + 152), '00'.repeat(8));
  });

  it('says its version', async () => {
    assert.equal((await certready('--version')).trim(), version);
  });

  it("reads the machine's trust store through koffi, which it lays beside itself", async () => {
    const said = await certready(
      ...['--once', '-f', 'json', '--check', 'trust-store', '--proxy', 'none'],
    );
    const { checks } = JSON.parse(said) as Report;
    const store = checks.find(({ target }) => target.includes('LocalMachine'));
    assert.ok(store);
    assert.deepEqual((await readdir(folder)).sort(), ['certready.exe', 'koffi.node']);
  });
});
