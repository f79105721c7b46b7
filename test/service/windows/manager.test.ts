import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execute } from '../../../service/plan.ts';
import { ServiceError } from '../../../service/service-error.ts';
import type { ServiceDefinition } from '../../../service/service-manager.ts';
import { eventSourceKey } from '../../../service/windows/event-source.ts';
import { managerOf } from '../../../service/windows/manager.ts';
import { account } from '../../../service/windows/registration.ts';
import { serviceSid } from '../../../service/windows/service-sid.ts';
import { WindowsError } from '../../../service/windows/windows-error.ts';
import { type FakeWindows, fakeWindows, lists, statuses } from './fake-windows.ts';

const program = 'C:\\Program Files\\certready\\certready.exe';
const configFile = 'C:\\ProgramData\\certready\\config.yaml';
const stateDir = 'C:\\ProgramData\\certready';

const definition: ServiceDefinition = {
  name: 'certready',
  displayName: 'certready',
  description: 'Asked on a schedule.',
  version: '0.1.0',
  program: [program],
  stateDir,
  schedule: '0 * * * *',
  readPaths: [],
  secretFiles: [],
  writeFolders: [],
};
const [sid, mail2Sid] = [serviceSid('certready'), serviceSid('mail2')];
const servicesKey = 'SYSTEM\\CurrentControlSet\\Services';

const on = (windows: FakeWindows) => {
  const manager = managerOf(windows, 'C:\\ProgramData');
  const run = async (plan: ReturnType<typeof manager.planStart>): Promise<string[]> => {
    const { steps, notes = [] } = await plan;
    await execute({ steps }, { onStep: () => Promise.resolve(), reasonOf: String });
    return [...notes];
  };
  return {
    manager,
    install: (changes: Partial<ServiceDefinition> = {}) =>
      run(manager.planInstall({ ...definition, ...changes })),
    uninstall: (name = 'certready') => run(manager.planUninstall(name)),
    start: (name = 'certready') => run(manager.planStart(name)),
    stop: (name = 'certready') => run(manager.planStop(name)),
    state: async (name = 'certready') => (await manager.status(name)).state,
  };
};

const code = (expected: string) => (error: unknown) =>
  error instanceof ServiceError && error.code === expected;

describe('service install on Windows', () => {
  it('registers a delayed automatic service of LocalService with its settings', async () => {
    const windows = fakeWindows();
    const { install, manager } = on(windows);
    await install({ configFile: 'D:\\Konfiguration für Mail\\c.yaml' });
    const { config, settings } = windows.all.get('certready') ?? {};
    assert.deepEqual(config, {
      displayName: 'certready',
      commandLine: `"${program}" --config "D:\\Konfiguration für Mail\\c.yaml"`,
      startType: 2,
      account,
    });
    assert.deepEqual(settings, {
      description: 'Asked on a schedule.',
      delayedStart: true,
      recovery: { resetAfterS: 86_400, restartAfterMs: [60_000, 300_000, 900_000] },
      recoverFromErrors: true,
      ownIdentity: true,
      privileges: ['SeChangeNotifyPrivilege'],
    });
    const event = windows.registry.read(eventSourceKey, 'EventMessageFile');
    assert.match(String(event?.data), /EventCreate\.exe$/);
    assert.deepEqual(await manager.status('certready'), {
      ...{ state: 'stopped', atBoot: true, stateDir },
    });
  });

  it('leaves folder and configuration to administrators and the service', async () => {
    const windows = fakeWindows();
    windows.paths.set(stateDir, { kind: 'folder', list: lists.programData });
    windows.paths.set(configFile, { kind: 'file', list: lists.programData });
    windows.paths.set('D:\\roots.pem', { kind: 'file', list: lists.programData });
    await on(windows).install({ readPaths: [configFile, 'D:\\roots.pem'] });
    const listOf = (path: string): string | undefined => windows.paths.get(path)?.list;
    assert.equal(
      listOf(stateDir),
      `D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;${sid})`,
    );
    assert.equal(listOf(configFile), `D:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;${sid})`);
    // A file elsewhere stays its owner's, and gets one reader more
    assert.equal(
      listOf('D:\\roots.pem'),
      lists.programData.replace('D:AI', `D:AI(A;;0x1200a9;;;${sid})`),
    );
  });

  it('has nothing to do the second time', async () => {
    const windows = fakeWindows();
    const { install, manager } = on(windows);
    await install();
    const before = windows.snapshot();
    assert.deepEqual((await manager.planInstall(definition)).steps, []);
    assert.deepEqual(windows.snapshot(), before);
  });

  it('updates one that runs, and starts it again', async () => {
    const windows = fakeWindows();
    const { install, start, state } = on(windows);
    await install();
    await start();
    await install({ version: '0.2.0', configFile });
    assert.equal(await state(), 'running');
    assert.match(windows.all.get('certready')?.config.commandLine ?? '', /--config/);
  });

  it('keeps an account that an administrator has set', async () => {
    const windows = fakeWindows();
    const { install } = on(windows);
    await install();
    const service = windows.all.get('certready');
    assert.ok(service);
    service.config = { ...service.config, account: 'EXAMPLE\\svc$' };
    const notes = await install({ version: '0.2.0' });
    assert.equal(windows.all.get('certready')?.config.account, 'EXAMPLE\\svc$');
    assert.ok(notes.some((note) => note.includes('EXAMPLE\\svc$')));
  });

  it('says what this Windows does not keep', async () => {
    const windows = fakeWindows();
    windows.unknown.add('recovery').add('delayedStart');
    windows.keepsLists = false;
    const notes = (await on(windows).install()).join('\n');
    for (const part of ['delayed start', '1, 5 and 15 minutes', stateDir])
      assert.ok(notes.includes(part), part);
    assert.ok(!notes.includes('privileges'));
  });

  it('gives several services a state, a configuration and an event source together', async () => {
    const windows = fakeWindows();
    windows.paths.set(configFile, { kind: 'file', list: lists.programData });
    const { install, uninstall } = on(windows);
    await install({ readPaths: [configFile] });
    const dir = 'C:\\ProgramData\\mail2';
    await install({ name: 'mail2', stateDir: dir, readPaths: [configFile] });
    const list = windows.paths.get(configFile)?.list ?? '';
    assert.ok([sid, mail2Sid].every((each) => list.includes(each)));
    assert.deepEqual(windows.registry.read(`${servicesKey}\\mail2`, 'Environment'), {
      type: 'texts',
      data: [`STATE_DIRECTORY=${dir}`],
    });
    await uninstall('certready');
    assert.ok(windows.registry.read(eventSourceKey, 'EventMessageFile'));
    await uninstall('mail2');
    assert.equal(windows.registry.read(eventSourceKey, 'EventMessageFile'), undefined);
  });

  it('asks for a program that the service may read, and warns of one that all may replace', async () => {
    const windows = fakeWindows();
    windows.paths.set('C:\\tools\\certready.exe', { kind: 'file', list: lists.root });
    const notes = await on(windows).install({ program: ['C:\\tools\\certready.exe'] });
    assert.ok(notes.some((note) => note.startsWith('C:\\tools\\certready.exe')));
    const private_ = 'C:\\Users\\a\\Downloads\\certready.exe';
    windows.paths.set(private_, { kind: 'file', list: lists.downloads });
    await assert.rejects(on(windows).install({ program: [private_] }), code('unsuitable'));
  });
});

describe('what Windows refuses', () => {
  it('leaves nothing half-installed, whatever step fails', async () => {
    const first = fakeWindows();
    await on(first).install();
    assert.ok(first.changes > 8);
    for (let call = 1; call <= first.changes; call++) {
      const windows = fakeWindows();
      const before = windows.snapshot();
      windows.refuse = { call, error: new WindowsError(112) };
      await assert.rejects(on(windows).install(), code('step-failed'), `call ${call}`);
      assert.deepEqual(windows.snapshot(), before, `call ${call}`);
    }
  });

  it('leaves an installed one as it was, and running, whatever step of an update fails', async () => {
    const installed = async (): Promise<FakeWindows> => {
      const windows = fakeWindows();
      await on(windows).install();
      await on(windows).start();
      windows.changes = 0;
      return windows;
    };
    const changes = { version: '0.2.0', configFile, description: 'Another.' };
    const first = await installed();
    await on(first).install(changes);
    for (let call = 1; call <= first.changes; call++) {
      const windows = await installed();
      const before = windows.snapshot();
      windows.refuse = { call, error: new WindowsError(112) };
      await assert.rejects(on(windows).install(changes), code('step-failed'), `call ${call}`);
      assert.deepEqual(windows.snapshot(), before, `call ${call}`);
    }
  });

  it('takes no file for a folder', async () => {
    const windows = fakeWindows();
    windows.paths.set(stateDir, { kind: 'file', list: lists.programData });
    await assert.rejects(on(windows).install(), code('unsuitable'));
  });

  it('asks for an administrator', async () => {
    const windows = fakeWindows();
    windows.refuse = { call: 1, error: new WindowsError(5) };
    await assert.rejects(on(windows).manager.authorise(), code('not-privileged'));
  });

  it('does not touch a service of others', async () => {
    const windows = fakeWindows();
    const foreign = { displayName: 'x', commandLine: 'C:\\x.exe', startType: 3, account };
    windows.services.create('certready', foreign);
    const before = windows.snapshot();
    const { install, uninstall, start, stop, state } = on(windows);
    for (const act of [install, uninstall, start, stop, state])
      await assert.rejects(act(), code('foreign-service'));
    assert.deepEqual(windows.snapshot(), before);
  });

  it('says why one does not start', async () => {
    const windows = fakeWindows();
    const { install, start, manager } = on(windows);
    await install();
    windows.startsWith = [statuses.starting(1), statuses.failed(3)];
    await assert.rejects(start(), /exit status 3/);
    const { state, reason } = await manager.status('certready');
    assert.deepEqual([state, reason?.includes('exit status 3')], ['failed', true]);
  });

  it('waits as long as there is progress, and no longer', async () => {
    const windows = fakeWindows();
    const { install, start, stop, state } = on(windows);
    await install();
    const slowly = Array.from({ length: 300 }, (_, index) =>
      statuses.starting(1 + Math.floor(index / 5)),
    );
    windows.startsWith = [...slowly, statuses.running];
    await start();
    windows.stopsWith = [statuses.stopping(1)];
    await assert.rejects(stop(), code('step-failed'));
    assert.equal(await state(), 'stopping');
  });
});

describe('service stop, start and uninstall on Windows', () => {
  it('has nothing to do where it is done', async () => {
    const windows = fakeWindows();
    const { install, uninstall, start, stop, manager } = on(windows);
    assert.deepEqual((await manager.planUninstall('certready')).steps, []);
    assert.equal((await manager.status('certready')).state, 'not-installed');
    await assert.rejects(start(), code('not-installed'));
    await assert.rejects(stop(), code('not-installed'));
    await install();
    assert.deepEqual((await manager.planStop('certready')).steps, []);
    await start();
    assert.deepEqual((await manager.planStart('certready')).steps, []);
    await uninstall();
  });

  it('stops one that runs before it is removed, and leaves no trace but its state', async () => {
    const windows = fakeWindows();
    const { install, uninstall, start } = on(windows);
    await install();
    await start();
    const steps = (await on(windows).manager.planUninstall('certready')).steps.length;
    await uninstall();
    assert.equal(steps, 3);
    assert.deepEqual([windows.all.size, windows.keys.size], [0, 0]);
    assert.ok(windows.paths.has(stateDir));
  });
});
