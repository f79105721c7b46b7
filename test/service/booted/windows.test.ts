/**
 * certready as a service of a real service control manager, as far as Wine has one: it keeps no recovery
 * actions, accounts or access lists, sends no SHUTDOWN, and does not see that a service has crashed.
 */

import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { buildProgram } from '../../../scripts/build.mjs';
import { copyForWine, lackingPackages } from '../../helpers/packages.ts';
import { type ProgramEnd, type Wine, lackingWine, startWine } from '../../helpers/wine.ts';
import { makeCa } from '../../helpers/private-ca.ts';
import { trickyArguments } from '../windows/taken-apart.ts';

const programs = 'C:\\Program Files\\certready ñ';
const work = 'C:\\Prüfung 試験';
const configFile = `${work}\\con fig.yaml`;
const services = 'HKLM\\SYSTEM\\CurrentControlSet\\Services';
const eventSource = `${services}\\EventLog\\Application\\certready`;

/** Asks nothing but this machine, where nobody listens. */
const profile = `
id: test
title: Test
endpoints: ['127.0.0.1:9']
authorities: [{ id: r1, name: R1, root: true, sha256: ${'AB'.repeat(32)} }]
`;

const config = (stateDir: string): string =>
  JSON.stringify({
    profiles: ['profile.yaml'],
    ...{ stateDir, proxy: 'none', trustStores: [{ path: 'roots.pem' }] },
    log: { file: 'agent.log', format: 'text' },
  });

/** Through installation, life and removal ten times: what the manager said, and how long it took. */
const tenCycles = (program: readonly string[]): string => `
  import { execute } from './service/plan.ts';
  import { windowsServiceManager } from './service/windows/manager.ts';
  const manager = await windowsServiceManager({ env: process.env, platform: 'win32' });
  const name = 'cycles';
  const definition = {
    name, displayName: name, description: 'Ten cycles.', version: '0.1.0',
    program: ${JSON.stringify(program)}, configFile: ${JSON.stringify(configFile)},
    stateDir: ${JSON.stringify(`${work}\\state`)}, schedule: '0 * * * *',
    readPaths: [], secretFiles: [], writeFolders: [],
  };
  const carryOut = async (plan) =>
    execute(await plan, { onStep: async () => {}, reasonOf: (error) => error.message });
  const cycles = [];
  for (let cycle = 0; cycle < 10; cycle++) {
    const states = [];
    const look = async () => states.push((await manager.status(name)).state);
    await carryOut(manager.planInstall(definition));
    await look();
    await carryOut(manager.planStart(name));
    await look();
    await carryOut(manager.planStop(name));
    await look();
    await carryOut(manager.planUninstall(name));
    await look();
    cycles.push(states.join(' '));
  }
  console.log(JSON.stringify(cycles));
`;

const sendControl = (name: string, code: number): string => `
  import { loadNative } from './service/windows/native.ts';
  const { advapi32 } = await loadNative();
  const manager = advapi32.func('void * __stdcall OpenSCManagerW(str16 a, str16 b, uint32 c)')(null, null, 1);
  const service = advapi32.func('void * __stdcall OpenServiceW(void *a, str16 b, uint32 c)')(manager, ${JSON.stringify(name)}, 0xf01ff);
  const control = advapi32.func('int __stdcall ControlService(void *a, uint32 b, _Out_ uint8 *c)');
  console.log(control(service, ${code}, Buffer.alloc(28)));
`;

const takeApart = (args: readonly string[]): string => `
  import { loadNative } from './service/windows/native.ts';
  import { commandLine } from './service/windows/command-line.ts';
  const { koffi } = await loadNative();
  const argv = ['C:\\\\Program Files\\\\a.exe', ...${JSON.stringify(args)}];
  const count = [0];
  const taken = koffi.load('shell32.dll').func('void * __stdcall CommandLineToArgvW(str16 line, _Out_ int *count)')(commandLine(argv), count);
  console.log(JSON.stringify({ argv, taken: koffi.decode(taken, 'str16', count[0]) }));
`;

/** A service with a fault: it is ready, and throws. */
const faulty = `
  import { connectSupervisor } from './service/supervisor.ts';
  const told = { onStop: () => undefined, onReload: () => undefined };
  const supervisor = await connectSupervisor({ env: process.env, platform: 'win32', ...told });
  supervisor.ready();
  setTimeout(() => { throw new Error('a fault'); }, 300);
  setInterval(() => undefined, 1000);
`;

const createService = (name: string, program: readonly string[]): string => `
  import { bindServiceControl } from './service/windows/service-control.ts';
  import { commandLine } from './service/windows/command-line.ts';
  const services = await bindServiceControl();
  services.create(${JSON.stringify(name)}, {
    displayName: ${JSON.stringify(name)}, commandLine: commandLine(${JSON.stringify(program)}),
    startType: 3, account: 'NT AUTHORITY\\\\LocalService',
  });
  services.start(${JSON.stringify(name)});
  const { dwProcessId } = services.status(${JSON.stringify(name)});
  services.remove(${JSON.stringify(name)});
  console.log(dwProcessId);
`;

interface Shown {
  readonly state: string;
  readonly atBoot?: boolean;
  readonly pid?: number;
  readonly stateDir?: string;
  readonly verdict?: string;
}

const lackingExecutable = lackingPackages('windows-x64.exe');

describe('a service of Windows', { skip: await lackingWine() }, () => {
  let wine: Wine;
  let roots = '';
  const script = [`${programs}\\node.exe`, `${programs}\\dist\\certready.js`];
  const executable = [`${programs}\\certready.exe`];
  const onHost = (path: string): string =>
    join(wine.drive, ...path.replace('C:\\', '').split('\\'));
  const read = (path: string): Promise<string> => readFile(onHost(path), 'utf8').catch(() => '');
  const lines = async (word: string): Promise<number> =>
    (await read(`${work}\\agent.log`)).split('\n').filter((line) => line.includes(word)).length;

  before(async () => {
    roots = await mkdtemp(join(tmpdir(), 'certready-roots-'));
    wine = await startWine(roots);
    await mkdir(onHost(work), { recursive: true });
    await cp(process.env['CERTREADY_TEST_WINDOWS'] ?? '', onHost(programs), { recursive: true });
    await buildProgram(onHost(`${programs}\\dist`));
    if (lackingExecutable === false) await copyForWine(onHost(`${programs}\\certready.exe`));
    await writeFile(onHost(`${work}\\profile.yaml`), profile);
    await writeFile(onHost(`${work}\\roots.pem`), makeCa({ name: 'O=Example, CN=Root' }).pem);
    await writeFile(onHost(configFile), config('state'));
  });
  after(async () => {
    await wine.stop();
    await rm(roots, { recursive: true, force: true });
  });

  const by = (program: readonly string[]) => {
    const [file = '', ...rest] = program;
    const service = (...args: readonly string[]): Promise<ProgramEnd> =>
      wine.windowsEnd(file, ...rest, 'service', ...args);
    return {
      service,
      does: async (...args: readonly string[]): Promise<void> => {
        const { status, output } = await service(...args);
        assert.equal(status, 0, output);
      },
      /** One line, status 3. */
      refuses: async (expected: RegExp, ...args: readonly string[]): Promise<void> => {
        const { status, output } = await service(...args);
        assert.equal(status, 3, output);
        assert.match(output, expected);
        assert.deepEqual(output.trim().split('\n').length, 1, output);
      },
      status: async (...args: readonly string[]): Promise<Shown> =>
        JSON.parse((await service('status', '--format', 'json', ...args)).output) as Shown,
    };
  };

  const life = async (program: readonly string[]): Promise<void> => {
    const { does, status } = by(program);
    await rm(onHost(`${work}\\agent.log`), { force: true });
    await does('install', '--config', configFile);
    const { state, atBoot, stateDir } = await status();
    assert.deepEqual([state, atBoot, stateDir], ['stopped', true, `${work}\\state`]);
    await does('start');
    const running = await status();
    assert.equal(running.state, 'running');
    assert.ok(running.pid);
    while ((await lines('run: ')) === 0) await delay(200);
    const reloads = await lines('onfiguration');
    assert.equal((await wine.node(sendControl('certready', 6))).trim(), '1');
    while ((await lines('onfiguration')) === reloads) await delay(200);
    await does('stop');
    const stopped = await status();
    assert.deepEqual([stopped.state, stopped.verdict], ['stopped', 'not-ready']);
    // The agent's own way out: it said so, and its state is there
    assert.equal(await lines('certready ends'), 1);
    assert.ok((await read(`${work}\\state\\state.json`)).includes('connect-refused'));
    await does('start');
    await does('uninstall');
    assert.equal((await status()).state, 'not-installed');
    assert.equal(await lines('certready ends'), 2);
    for (const key of [`${services}\\certready`, eventSource])
      assert.notEqual((await wine.windowsEnd('reg', 'query', key)).status, 0, key);
    assert.notEqual(await read(`${work}\\state\\state.json`), '');
  };

  it('lives from installation to removal', () => life(script));
  it('lives so as certready.exe', { skip: lackingExecutable }, () => life(executable));

  it('is installed, started, stopped and removed ten times', async () => {
    await rm(onHost(`${work}\\agent.log`), { force: true });
    const program = lackingExecutable === false ? executable : script;
    const cycles = JSON.parse(await wine.node(tenCycles(program))) as string[];
    assert.deepEqual(cycles, Array(10).fill('stopped running stopped not-installed'));
    assert.deepEqual([await lines(' begins'), await lines(' ends')], [10, 10]);
  });

  it('is updated by a second installation, by another program too, and runs again', async () => {
    const { does, status } = by(script);
    const named = ['--name', 'twice'];
    await does('install', ...named, '--config', configFile);
    await does('start', ...named);
    const { pid } = await status(...named);
    const next = lackingExecutable === false ? executable : script;
    const other = `${work}\\other.yaml`;
    await writeFile(onHost(other), config('state'));
    await by(next).does('install', ...named, '--config', other);
    const shown = await wine.windows('reg', 'query', `${services}\\twice`, '/v', 'ImagePath');
    // reg prints in the console's code page
    for (const path of [...next, other])
      assert.ok(shown.includes(path.split('\\').at(-1) ?? '?'), shown);
    const updated = await status(...named);
    assert.equal(updated.state, 'running');
    assert.notEqual(updated.pid, pid);
    await does('uninstall', ...named);
    await does('uninstall', ...named);
  });

  it('leaves a service of others alone', async () => {
    await wine.windows('sc', 'create', 'others', 'binPath=', 'C:\\others.exe');
    const { refuses } = by(script);
    for (const verb of ['install', 'uninstall', 'start', 'stop'])
      await refuses(/others/, verb, '--name', 'others');
    const key = `${services}\\others`;
    assert.match(await wine.windows('reg', 'query', key, '/v', 'ImagePath'), /others\.exe/);
  });

  it('is not half there after an installation that fails', async () => {
    const { refuses, status } = by(script);
    await refuses(/no such file/, 'install', '--config', `${work}\\absent.yaml`);
    // Below a file, and on a disk that takes no folders
    for (const stateDir of ['roots.pem\\state', 'Z:\\sys\\state']) {
      await writeFile(onHost(`${work}\\unwritable.yaml`), config(stateDir));
      await refuses(/make the folder/, 'install', '--config', `${work}\\unwritable.yaml`);
    }
    assert.equal((await status()).state, 'not-installed');
    assert.notEqual((await wine.windowsEnd('reg', 'query', eventSource)).status, 0);
  });

  it('tells the manager of a start that fails', async () => {
    const { does, refuses, status } = by(script);
    const broken = `${work}\\broken.yaml`;
    await writeFile(onHost(broken), config('state'));
    await does('install', '--name', 'broken', '--config', broken);
    await writeFile(onHost(broken), 'schedule: never');
    await refuses(/exit status 3/, 'start', '--name', 'broken');
    assert.equal((await status('--name', 'broken')).state, 'failed');
    await does('uninstall', '--name', 'broken');
  });

  it('ends by a fault, instead of staying without life', async () => {
    const program = [wine.nodePath, await wine.bundle(faulty)];
    const pid = (await wine.node(createService('faulty', program))).trim();
    while ((await wine.windows('tasklist')).includes(` ${pid} `)) await delay(200);
  });

  it('is no service in a console', async () => {
    const source = `
      import { connectSupervisor } from './service/supervisor.ts';
      const supervisor = await connectSupervisor({
        env: process.env, platform: 'win32', onStop: () => {}, onReload: () => {},
      });
      supervisor.ready();
      await supervisor.close(0);
      console.log('ended');`;
    assert.equal((await wine.node(source)).trim(), 'ended');
  });

  it('gets the arguments that it was given', async () => {
    const { argv, taken } = JSON.parse(await wine.node(takeApart(trickyArguments))) as {
      argv: string[];
      taken: string[];
    };
    assert.deepEqual(taken, argv);
  });
});
