/** What is shipped: the bundle starts light, has the same profiles, and ends as it should as a process. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it, suite } from 'node:test';
import type { Metafile } from 'esbuild';
import { builtInIds, builtInProfile } from '../../agent/profiles/built-in.ts';
import { profileDocument } from '../../agent/profiles/document.ts';

interface BuildScript {
  readonly buildProgram: (outdir: string) => Promise<Metafile>;
}

let folder = '';
let metafile: Metafile;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certready-bundle-'));
  const script = new URL('../../scripts/build.mjs', import.meta.url).href;
  const { buildProgram } = (await import(script)) as BuildScript;
  metafile = await buildProgram(folder);
});
after(() => rm(folder, { recursive: true, force: true }));

interface End {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const start = (argv: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess =>
  spawn(process.execPath, [join(folder, 'certready.js'), ...argv], {
    env: { PATH: process.env['PATH'], HOME: folder, CERTREADY_CONFIG: '/dev/null', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

const ended = (child: ChildProcess): Promise<End> =>
  new Promise((resolve) => {
    const said = { stdout: '', stderr: '' };
    child.stdout?.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    child.on('close', (status) => resolve({ status, ...said }));
  });

/** A server that takes connections and says nothing. */
const silentServer = async () => {
  const sockets = new Set<{ destroy(): void }>();
  let connected: () => void = () => undefined;
  const connection = new Promise<void>((resolve) => (connected = resolve));
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    connected();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connection,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
};

suite('the bundle', () => {
  it('prints the version of package.json', async () => {
    const manifest = new URL('../../package.json', import.meta.url);
    const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
    for (const option of ['--version', '-V'])
      assert.deepEqual(await ended(start([option])), {
        status: 0,
        stdout: `${version}\n`,
        stderr: '',
      });
  });

  for (const id of builtInIds)
    it(`has the profile ${id} as its file says it`, async () => {
      const { stdout } = await ended(start(['profile', 'show', id, '--json']));
      const source = JSON.stringify(profileDocument(await builtInProfile(id)));
      assert.deepEqual(JSON.parse(stdout), JSON.parse(source));
    });

  it('loads none of the heavy libraries until it needs one', () => {
    const outputOf = (source: string): string => {
      const found = Object.entries(metafile.outputs).find(
        ([, { entryPoint }]) => entryPoint === source,
      );
      assert.ok(found, source);
      return found[0];
    };
    const needed = new Set<string>();
    const visit = (output: string): void => {
      if (needed.has(output)) return;
      needed.add(output);
      for (const { path, kind } of metafile.outputs[output]?.imports ?? [])
        if (kind === 'import-statement' && path in metafile.outputs) visit(path);
    };
    ['agent/main.ts', 'agent/program.ts', 'agent/commands/once.ts', 'agent/report/text.ts']
      .map(outputOf)
      .forEach(visit);
    const packages = [...needed]
      .flatMap((output) => Object.keys(metafile.outputs[output]?.inputs ?? {}))
      .flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []);
    assert.deepEqual([...new Set(packages)], ['commander']);
  });

  it('carries of undici only its client', () => {
    const inputs = Object.keys(metafile.inputs).filter((path) => path.includes('undici/'));
    assert.ok(inputs.some((path) => path.endsWith('dispatcher/client.js')));
    assert.ok(!inputs.some((path) => path.endsWith('undici/index.js')));
  });

  it('carries of prom-client only what keeps values, and nothing that winston traces itself with', () => {
    const inputs = Object.keys(metafile.inputs).filter((path) => path.includes('node_modules'));
    for (const part of ['prom-client/index.js', 'prom-client/lib/cluster.js', '@dabh/'])
      assert.ok(!inputs.some((path) => path.includes(part)), part);
  });

  const commands: readonly (readonly string[])[] = [
    ['config', 'show'],
    ['profile', 'list'],
    ['explain', 'clock-skew'],
    ['--once', '--check', 'clock', '-vv'],
    ['--once', '--check', 'clock', '--format', 'html'],
  ];
  for (const argv of commands)
    it(`runs certready ${argv.join(' ')}`, async () => {
      const { status, stdout, stderr } = await ended(start(argv));
      assert.equal(status, argv[0] === '--once' ? 3 : 0);
      assert.notEqual(stdout, '');
      assert.ok(!stderr.includes('fault'), stderr);
    });

  it('derives a profile and checks it', async () => {
    const { stdout: pem } = await ended(start(['profile', 'show', builtInIds[0], '--pem']));
    const path = join(folder, 'root.pem');
    await writeFile(path, pem);
    const { status, stdout } = await ended(start(['profile', 'derive', path]));
    assert.equal(status, 0);
    await writeFile(join(folder, 'derived.yaml'), stdout);
    const checked = await ended(start(['profile', 'check', join(folder, 'derived.yaml')]));
    assert.equal(checked.status, 0);
  });
});

suite('as a process', () => {
  it('says nothing on standard error of a run with many gaps', async () => {
    const profiles = builtInIds.flatMap((id) => ['--profile', id]);
    const nowhere = ['--proxy', 'none', '--connect-to', '::127.0.0.1:1', '--smtp', '127.0.0.1'];
    const { status, stderr } = await ended(start(['--once', ...profiles, ...nowhere]));
    assert.deepEqual([status, stderr], [2, '']);
  });

  it('ends with 3 and one line for a wrong command line', async () => {
    const { status, stdout, stderr } = await ended(start(['--once', '--fromat', 'json']));
    assert.deepEqual([status, stdout], [3, '']);
    assert.match(stderr, /^certready: [^\n]*--format[^\n]*\n$/);
  });

  it('says nothing of a reader that goes away', async () => {
    const child = start(['explain']);
    child.stdout?.destroy();
    const { status, stderr } = await ended(child);
    assert.deepEqual([status, stderr], [0, '']);
  });

  it('ends with 3 where its output cannot be written', async () => {
    for (const argv of [['--version'], ['explain'], ['--once', '--check', 'clock']]) {
      const full = await open('/dev/full', 'w');
      const child = spawn(process.execPath, [join(folder, 'certready.js'), ...argv], {
        env: { CERTREADY_CONFIG: '/dev/null' },
        stdio: ['ignore', full.fd, 'pipe'],
      });
      const { status, stderr } = await ended(child);
      await full.close();
      assert.equal(status, 3);
      assert.ok(!stderr.includes('fault'), stderr);
    }
  });

  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    it(`ends with ${status} at once on ${signal}, without a report`, async () => {
      const server = await silentServer();
      const child = start([
        ...['--once', '--check', 'crl', '--proxy', 'none', '--timeout', '60'],
        ...['--connect-to', `crl.globalsign.com:80:127.0.0.1:${server.port}`],
      ]);
      const end = ended(child);
      await server.connection;
      const began = performance.now();
      child.kill(signal);
      const { status: actual, stdout, stderr } = await end;
      assert.deepEqual([actual, stdout, stderr], [status, '', '']);
      assert.ok(performance.now() - began < 30_000);
      await server.stop();
    });

  it('ends soon after its report although a server keeps connections open', async () => {
    const server = await silentServer();
    const began = performance.now();
    const { status } = await ended(
      start([
        ...['--once', '--check', 'crl', '--proxy', 'none', '--timeout', '0.5'],
        ...['--connect-to', `crl.globalsign.com:80:127.0.0.1:${server.port}`],
      ]),
    );
    assert.equal(status, 2);
    assert.ok(performance.now() - began < 60_000);
    await server.stop();
  });
});
