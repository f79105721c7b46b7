/** The agent as a process: its schedule, its configuration, its end. Nothing leaves the host. */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { canNotify } from '../../../service/systemd/notify-socket.ts';
import {
  type AgentFolder,
  type AgentProcess,
  agentFolder,
  isRun,
  program,
} from '../../helpers/agent-process.ts';
import { eventually } from '../../helpers/eventually.ts';
import { receiveNotifications } from '../../helpers/notify-receiver.ts';
import { makeCa } from '../../helpers/private-ca.ts';
import { lacking } from '../../helpers/programs.ts';
import { type Received, type ReceiverServer, startReceiver } from '../alerts/receiver-server.ts';

const root = makeCa({ name: 'O=Lab, CN=Lab Root' });

/** Asks only whether a root is in a store: no network. */
const profileOf = (title: string): string =>
  JSON.stringify({
    id: 'lab',
    title,
    authorities: [{ id: 'r1', name: 'Lab Root', root: true, certificate: root.pem }],
  });

const noNotify = (await lacking('perl')) || (!(await canNotify()) && 'needs koffi');

interface Told {
  readonly type: string;
  readonly data: {
    readonly gap?: { readonly code: string };
    readonly problem?: { readonly code: string };
  };
}

describe('the agent', { concurrency: 4 }, () => {
  let receiver: ReceiverServer;
  before(async () => {
    receiver = await startReceiver();
  });
  after(() => receiver.close());

  const storeOf = ({ folder }: AgentFolder): string => join(folder, 'store.pem');
  const open = async (env: Readonly<Record<string, string>> = {}): Promise<AgentFolder> => {
    const agents = await agentFolder(env);
    await writeFile(join(agents.folder, 'lab.json'), profileOf('A change'));
    await writeFile(storeOf(agents), root.pem);
    return agents;
  };
  /** As a program does that others read its files: they see the one or the other, and no half. */
  const replace = async (path: string, text: string): Promise<void> => {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  };
  /** A webhook of this folder's own. */
  const alertsOf = ({ folder }: AgentFolder): readonly object[] => [
    { type: 'webhook', url: `http://127.0.0.1:${receiver.port}/${basename(folder)}` },
  ];
  const config = (more: object = {}): object => ({
    profiles: ['lab.json'],
    schedule: '*/3 * * * * *',
    splay: '0s',
    stateDir: 'state',
    trustStores: [{ path: 'store.pem' }],
    log: { format: 'json', level: 'info' },
    confirmAfter: 1,
    ...more,
  });
  const received = ({ folder }: AgentFolder): readonly Received[] =>
    receiver.received.filter(({ url }) => url === `/${basename(folder)}`);
  const told = (folder: AgentFolder): readonly Told[] =>
    received(folder).map(({ body }) => JSON.parse(body) as Told);
  const stop = async (agent: AgentProcess): Promise<number | NodeJS.Signals> => {
    agent.child.kill('SIGTERM');
    return agent.ended;
  };

  it('runs at start and by the schedule, says how it is, and ends when it is told to', async () => {
    const folder = await open();
    try {
      await folder.configure(config({ schedule: '0 0 1 1 *' }));
      const agent = folder.start();
      await agent.line(isRun);
      await eventually('a run in the status', async () => {
        const { lastRun } = (await folder.status()) ?? {};
        return lastRun !== undefined;
      });
      const status = await folder.status();
      assert.equal(status?.state, 'running');
      assert.equal(status.pid, agent.pid);
      assert.equal(status.verdict, 'ready');
      assert.equal(status.lastRun?.result, 'ready');
      assert.match(status.nextRun ?? '', /-01-01T|-12-31T/);
      assert.equal(await stop(agent), 0);
      assert.equal((await folder.status())?.state, 'stopped');
      assert.deepEqual(
        agent.lines.filter(isRun).map(({ reason }) => reason),
        ['start'],
      );
      const saved = JSON.parse(
        await readFile(join(folder.stateDir, 'state.json'), 'utf8'),
      ) as object;
      assert.equal((saved as { format: string }).format, 'certready-state');
    } finally {
      await folder.remove();
    }
  });

  it(
    'tells systemd how it fares, and does not keep what that took',
    { skip: noNotify },
    async () => {
      const systemd = await receiveNotifications(`@certready-agent-${process.pid}`);
      const folder = await open({ NOTIFY_SOCKET: systemd.address, WATCHDOG_USEC: '200000' });
      try {
        await folder.configure(config({ schedule: '0 0 1 1 *' }));
        const agent = folder.start();
        await agent.line(isRun);
        const maps = readFileSync(`/proc/${agent.pid}/maps`, 'utf8');
        assert.match(maps, /\/node\n/);
        assert.doesNotMatch(maps, /koffi/);
        const commandLine = readFileSync(`/proc/${agent.pid}/cmdline`, 'utf8').split('\0');
        assert.deepEqual(commandLine.slice(1, -1), [program, '--config', folder.configFile]);
        agent.child.kill('SIGHUP');
        await agent.line(({ message }) => message === 'configuration read');
        assert.equal(await stop(agent), 0);
        const said = (line: string): boolean =>
          systemd.messages().some((message) => message.startsWith(line));
        while (!said('STOPPING=1')) await systemd.count(systemd.messages().length + 1);
        for (const line of ['READY=1', 'WATCHDOG=1', 'STATUS=ready; next run', 'RELOADING=1 MONO'])
          assert.ok(said(line), line);
      } finally {
        await folder.remove();
        systemd.stop();
      }
    },
  );

  it('reads its configuration again, refuses a broken one and keeps the old one', async () => {
    const folder = await open();
    try {
      await folder.configure(config());
      const agent = folder.start();
      await agent.line(({ reason }) => reason === 'schedule');
      await replace(folder.configFile, '{ "schedule": "*/5 * * * *", "nonsense": 1 }');
      const refused = await agent.line(({ event }) => event === 'agent.trouble');
      assert.equal(refused.code, 'configuration-refused');
      const still = agent.lines.length;
      await agent.line(isRun, still); // by the old one
      assert.equal((await folder.status())?.configuration.accepted, false);
      // Mended, with another question: a run at once, and none for years after it
      const mended = agent.lines.length;
      await folder.configure(config({ schedule: '0 0 1 1 *', timeouts: { run: '60s' } }));
      agent.child.kill('SIGHUP');
      await agent.line(
        ({ event, code }) => event === 'agent.recovered' && code === 'configuration-refused',
      );
      await agent.line(({ reason }) => reason === 'look', mended);
      // A profile that is named by its path is watched as well
      const broken = agent.lines.length;
      await replace(join(folder.folder, 'lab.json'), 'id: [');
      await agent.line(({ event }) => event === 'agent.trouble', broken);
      await replace(join(folder.folder, 'lab.json'), profileOf('Another title'));
      await agent.line(({ event }) => event === 'agent.recovered', broken);
      await agent.line(isRun, broken);
      assert.equal(await stop(agent), 0);
    } finally {
      await folder.remove();
    }
  });

  it('tells each change once, also over a restart by kill -9', async () => {
    const folder = await open();
    try {
      await folder.configure(config({ alerts: alertsOf(folder) }));
      const agent = folder.start();
      await agent.line(isRun);
      await replace(storeOf(folder), makeCa({ name: 'CN=Other' }).pem);
      await agent.line(({ event }) => event === 'gap.opened');
      process.kill(agent.pid, 'SIGKILL');
      assert.equal(await agent.ended, 'SIGKILL');
      const again = folder.start();
      await again.line(({ reason }) => reason === 'schedule');
      await replace(storeOf(folder), root.pem);
      await again.line(({ event }) => event === 'gap.resolved');
      await eventually('both alerts', () =>
        told(folder).some(({ type }) => type === 'gap.resolved'),
      );
      assert.equal(await stop(again), 0);
      const types = told(folder).map(({ type, data }) => `${type} ${data.gap?.code ?? ''}`);
      // At least once: a kill between the sending and its note may send it again, by the same id
      assert.deepEqual(
        [...new Set(types)],
        ['gap.opened root-missing', 'gap.resolved root-missing'],
      );
      const ids = received(folder).map(({ headers }) => headers['webhook-id']);
      assert.equal(new Set(ids).size, 2);
    } finally {
      await folder.remove();
    }
  });

  const proxies: readonly (readonly [where: string, inFile: boolean])[] = [
    ['the configuration', true],
    ['the command line', false],
  ];
  for (const [where, inFile] of proxies)
    it(`sends alerts and metrics by the proxy of ${where}`, async () => {
      const folder = await open();
      const proxy = await startReceiver();
      try {
        const url = `http://127.0.0.1:${proxy.port}`;
        await writeFile(storeOf(folder), makeCa({ name: 'CN=Other' }).pem);
        await folder.configure(
          config({
            schedule: '0 0 1 1 *',
            proxy: inFile ? url : 'none',
            alerts: [{ type: 'webhook', url: 'http://receiver.invalid/hook' }],
            metrics: { otlp: { url: 'http://collector.invalid:4318/' } },
          }),
        );
        const agent = folder.start(...(inFile ? [] : ['--proxy', url]));
        const asked = (what: string): boolean =>
          proxy.received.some((request) => request.url === what);
        const wanted = ['http://receiver.invalid/hook', 'http://collector.invalid:4318/v1/metrics'];
        await eventually('an alert and metrics', () => wanted.every(asked));
        assert.deepEqual(new Set(proxy.received.map((request) => request.url)), new Set(wanted));
        assert.equal(await stop(agent), 0);
      } finally {
        await folder.remove();
        await proxy.close();
      }
    });

  it('takes its helper processes with it, however it ends', async () => {
    const folder = await open();
    try {
      await folder.configure(config({ smtp: ['127.0.0.1:1'], proxy: 'none' }));
      const agent = folder.start();
      await agent.line(isRun);
      const helpers = (): string[] =>
        spawnSync('pgrep', ['-f', `${folder.folder}|helper-process`, '-P', String(agent.pid)], {
          encoding: 'utf8',
        })
          .stdout.split('\n')
          .filter(Boolean);
      let found: string[] = [];
      await eventually('a helper', () => (found = helpers()).length > 0);
      process.kill(agent.pid, 'SIGKILL');
      await agent.ended;
      const isAlive = (pid: string): boolean => {
        try {
          return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
        } catch {
          return false;
        }
      };
      await eventually('no helper', () => !found.some(isAlive));
    } finally {
      await folder.remove();
    }
  });

  it('keeps a second agent out of its folder', async () => {
    const folder = await open();
    try {
      await folder.configure(config({ schedule: '0 0 1 1 *' }));
      const agent = folder.start();
      await agent.line(isRun);
      const second = folder.start();
      assert.equal(await second.ended, 3);
      assert.ok(second.lines.some(({ message }) => message.includes(folder.stateDir)));
      assert.equal(await stop(agent), 0);
    } finally {
      await folder.remove();
    }
  });

  const canMount =
    process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;
  for (const [disk, options] of [
    ['full', 'size=64k'],
    ['read-only', 'ro'],
  ] as const)
    it(
      `keeps checking and alerting on a ${disk} disk, and says so`,
      { skip: canMount ? false : 'only root can mount a file system' },
      async () => {
        const folder = await open();
        await mkdir(folder.stateDir);
        execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder.stateDir]);
        try {
          if (disk === 'full')
            await writeFile(join(folder.stateDir, 'ballast'), Buffer.alloc(1 << 20)).catch(() => 0);
          await folder.configure(config({ alerts: alertsOf(folder) }));
          await writeFile(storeOf(folder), makeCa({ name: 'CN=Other' }).pem);
          const agent = folder.start();
          await agent.line(
            ({ event, code }) => event === 'agent.trouble' && code === 'state-unwritable',
          );
          await agent.line(({ event }) => event === 'gap.opened');
          await agent.line(({ reason }) => reason === 'schedule');
          const seen = (): Set<string | undefined> =>
            new Set(told(folder).map(({ data }) => data.gap?.code ?? data.problem?.code));
          await eventually(
            'both alerts',
            () => seen().has('root-missing') && seen().has('state-unwritable'),
          );
          assert.equal(await stop(agent), 0);
        } finally {
          execFileSync('umount', [folder.stateDir]);
          await folder.remove();
        }
      },
    );

  const wrong: readonly (readonly [
    why: string,
    config: object,
    options: readonly string[],
    named: string,
  ])[] = [
    ['an unknown key', { nonsense: 1 }, [], 'nonsense'],
    ['a profile that is not there', { profiles: ['none.yaml'] }, [], 'none.yaml'],
    ['a store that is not there', {}, ['--trust-store', '/nowhere/at/all'], '/nowhere/at/all'],
    ['a wrong proxy', {}, ['--proxy', 'ftp://proxy.example.org'], 'proxy'],
    [
      'a secret that is not set',
      { alerts: [{ type: 'webhook', url: 'env:NOT_SET_AT_ALL' }] },
      [],
      'NOT_SET_AT_ALL',
    ],
  ];
  for (const [why, more, options, named] of wrong)
    it(`does not begin with ${why}`, async () => {
      const folder = await open();
      try {
        await folder.configure(config(more));
        const agent = folder.start(...options);
        assert.equal(await agent.ended, 3);
        const last = agent.lines.at(-1)?.message ?? '';
        assert.ok(last.startsWith('certready: ') && last.includes(named), last);
      } finally {
        await folder.remove();
      }
    });
});
