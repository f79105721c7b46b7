/** Alerting as a whole: real receivers that fail in every way, for days of a clock of its own. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, it, suite } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import {
  AlertingLab,
  day,
  hour,
  minute,
  unreachable,
  webhookTo,
  webhooks,
} from './alerting-lab.ts';
import { randomOf } from './looks-of.ts';
import { type Behaviour, type ReceiverServer, ok } from './receiver-server.ts';

let lab: AlertingLab;
let server: ReceiverServer;
beforeEach(async () => {
  lab = await AlertingLab.open();
  server = await lab.receiver();
});
afterEach(() => lab.close());

/** What arrived, each once however often it was sent. */
const arrived = (from = server): readonly string[] => [
  ...new Map(webhooks(from).map(({ id, type, subject }) => [id, `${type} ${subject}`])).values(),
];

const noDisks =
  process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0
    ? false
    : 'needs root, to mount a disk';

const failing: Behaviour = { status: 500 };
const names = ['a.test', 'b.test', 'c.test'];

suite('a receiver that works', () => {
  it('gets each event once', async () => {
    await lab.start({ alerts: [webhookTo(server)], confirmAfter: 2 });
    await lab.look(unreachable(['a.test']));
    assert.equal(lab.alerting.wantsSecondLook(), true);
    await lab.look(unreachable(['a.test']));
    assert.equal(lab.alerting.wantsSecondLook(), false);
    assert.equal(await lab.pump(), undefined);
    await lab.look(unreachable([], ['a.test']));
    assert.deepEqual(lab.alerting.depth(), [{ receiver: 'webhook-1', pending: 1, parked: 0 }]);
    assert.equal(await lab.pump(), undefined);
    assert.deepEqual(arrived(), [
      'gap.opened connect-timeout:a.test:80',
      'gap.resolved connect-timeout:a.test:80',
    ]);
    assert.equal(server.received.length, 2);
    assert.deepEqual(lab.alerting.depth(), [{ receiver: 'webhook-1', pending: 0, parked: 0 }]);
    assert.equal(lab.events.length, 2);
  });

  it('is told nothing twice after a restart', async () => {
    const alerts = [webhookTo(server)];
    await lab.start({ alerts });
    await lab.look(unreachable(names));
    await lab.pump();
    await lab.start({ alerts });
    await lab.look(unreachable(names));
    await lab.pump();
    assert.equal(server.received.length, 3);
  });

  it('gets reminders', async () => {
    await lab.start({ alerts: [webhookTo(server)] });
    for (let run = 0; run < 3 * 48; run++) {
      await lab.look(unreachable(['a.test']));
      await lab.pass(30 * minute);
    }
    assert.deepEqual(
      webhooks(server).map(({ type }) => type),
      ['gap.opened', 'gap.reminder', 'gap.reminder'],
    );
  });
});

suite('a receiver that fails', () => {
  it('for three days gets in order what is left to know, and is not asked too often', async () => {
    await lab.start({ alerts: [webhookTo(server)] });
    server.behave = () => failing;
    for (let run = 0; run < 3 * 48; run++) {
      // a comes and goes, b stays, c came and went on the first day.
      const there = [...(run % 4 < 2 ? ['a.test'] : []), 'b.test', ...(run < 10 ? ['c.test'] : [])];
      await lab.look(unreachable(there, names));
      await lab.pass(30 * minute);
    }
    assert.ok(server.received.length > 3 * 24, String(server.received.length));
    assert.ok(server.received.length < 3 * 24 * 20, String(server.received.length));
    const [depth] = lab.alerting.depth();
    assert.ok(depth && depth.pending <= 3 * 4, JSON.stringify(depth));
    assert.equal(lab.alerting.problems()[0]?.code, 'alerts-undelivered');

    const tried = webhooks(server).length;
    server.behave = () => ok;
    await lab.pass(hour);
    const ordered = webhooks(server).slice(tried);
    const of = (name: string): string[] =>
      ordered
        .filter(({ subject }) => subject === `connect-timeout:${name}:80`)
        .map(({ type }) => type);
    // The reminders of the first two days in one, and that of the third.
    assert.deepEqual(of('b.test'), ['gap.opened', 'gap.reminder', 'gap.reminder']);
    assert.deepEqual(of('c.test'), ['gap.opened', 'gap.resolved']);
    assert.deepEqual(of('a.test'), ['gap.opened', 'gap.resolved']);
    // Every event is told, or in one that is.
    const told = new Map(
      ordered.map(({ id, body }) => {
        const { data } = JSON.parse(body) as { data: { merged?: { events: number } } };
        return [id, 1 + (data.merged?.events ?? 0)];
      }),
    );
    const sum = [...told.values()].reduce((total, count) => total + count, 0);
    assert.equal(sum, lab.events.length);
    assert.deepEqual(lab.alerting.problems(), []);
    assert.deepEqual(lab.alerting.depth(), [{ receiver: 'webhook-1', pending: 0, parked: 0 }]);
  });

  it('does not hold up the others', async () => {
    const other = await lab.receiver();
    const has = async (count: number): Promise<void> => {
      await eventually('the alerts', () => other.received.length >= count);
      assert.equal(other.received.length, count);
    };
    server.behave = () => 'hang';
    await lab.start({ alerts: [webhookTo(server), webhookTo(other)] });
    const controller = new AbortController();
    await lab.look(unreachable(names));
    const first = lab.alerting.pump(controller.signal);
    await has(3);
    await eventually('the one that hangs', () => server.received.length > 0);
    await lab.look(unreachable(['d.test']));
    const second = lab.alerting.pump(controller.signal);
    await has(4);
    assert.equal(server.received.length, 1);
    controller.abort();
    await Promise.all([first, second]);
  });

  it('with one event only gets all others', async () => {
    server.behave = ({ body }) => (body.includes('a.test') ? failing : ok);
    await lab.start({ alerts: [webhookTo(server)] });
    await lab.look(unreachable(names));
    await lab.pass(hour);
    assert.deepEqual(lab.alerting.depth(), [{ receiver: 'webhook-1', pending: 1, parked: 0 }]);
    server.behave = () => ok;
    await lab.pass(hour);
    assert.equal(lab.alerting.depth()[0]?.pending, 0);
    assert.equal(arrived().filter((one) => one.startsWith('gap.opened')).length, 3);
  });

  it('is asked again under the same id, also by another process', async () => {
    const alerts = [webhookTo(server)];
    await lab.start({ alerts });
    server.behave = () => 'reset';
    await lab.look(unreachable(['a.test']));
    await lab.pass(minute);
    await lab.start({ alerts });
    await lab.look(unreachable([], ['a.test']));
    await lab.pass(minute);
    server.behave = () => ok;
    await lab.pass(hour);
    const sent = webhooks(server);
    const opened = sent.filter(({ type }) => type === 'gap.opened');
    assert.ok(opened.length >= 3);
    assert.equal(new Set(opened.map(({ id }) => id)).size, 1);
    assert.equal(new Set(opened.map(({ body }) => body)).size, 1);
    assert.equal(arrived().at(-1), 'gap.resolved connect-timeout:a.test:80');
  });

  const waits = [
    ['1800', 30 * minute],
    ['86400', hour],
    ['Mon, 23 Nov 2026 00:45:00 GMT', 45 * minute],
    ['soon', 1000],
    ['-5', 1000],
    ['0', 1000],
  ] as const;
  for (const [header, atLeast] of waits)
    it(`is left alone for as long as it asks, within reason: Retry-After: ${header}`, async () => {
      await lab.start({ alerts: [webhookTo(server)] });
      server.behave = () => ({ status: 429, headers: { 'retry-after': header } });
      await lab.look(unreachable(['a.test']));
      const due = await lab.pump();
      const wait = (due?.getTime() ?? 0) - lab.now;
      assert.ok(wait >= atLeast && wait <= Math.max(atLeast, 5000), String(wait));
      assert.equal(server.received.length, 1);
    });

  it('is asked soon enough although the clock has jumped back by years', async () => {
    await lab.start({ alerts: [webhookTo(server)] });
    server.behave = () => failing;
    await lab.look(unreachable(['a.test']));
    await lab.pump();
    lab.now -= 3650 * day;
    server.behave = () => ok;
    await lab.pass(hour);
    assert.deepEqual(arrived(), ['gap.opened connect-timeout:a.test:80']);
  });

  it('keeps pump() no longer than it is asked to wait', async () => {
    await lab.start({ alerts: [webhookTo(server)] });
    server.behave = () => 'hang';
    await lab.look(unreachable(['a.test']));
    const controller = new AbortController();
    const pumping = lab.alerting.pump(controller.signal);
    setTimeout(() => controller.abort(), 20);
    const start = performance.now();
    assert.equal(await pumping, undefined);
    assert.ok(performance.now() - start < 8000);
    assert.equal(lab.alerting.depth()[0]?.pending, 1);
  });
});

suite('a receiver that lies for hours', () => {
  const moods: readonly Behaviour[] = [
    ok,
    failing,
    'hang',
    'reset',
    'close',
    'truncated',
    'endless',
    { raw: 'SSH-2.0-x\r\n' },
    { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
    { status: 408 },
    { status: 425 },
    { status: 429, headers: { 'retry-after': '60' } },
    { status: 503, headers: { 'retry-after': 'x' } },
  ];

  it('loses nothing and mixes nothing up', async () => {
    const random = randomOf(11);
    await lab.start({ alerts: [webhookTo(server)], request: '300ms' });
    /** What the receiver has taken to heart, as far as it said so itself. */
    const taken = new Set<string>();
    server.behave = ({ headers }) => {
      const mood = moods[Math.floor(random() * moods.length)] ?? ok;
      // It has taken what it answers with 200, and says nothing of what it takes otherwise.
      if (mood === ok || mood === 'truncated' || mood === 'endless')
        taken.add(String(headers['webhook-id']));
      return mood;
    };
    for (let run = 0; run < 40; run++) {
      await lab.look(
        unreachable(
          names.filter(() => random() < 0.5),
          names,
        ),
      );
      await lab.pass(20 * minute);
    }
    await lab.look(unreachable([], names));
    server.behave = ({ headers }) => {
      taken.add(String(headers['webhook-id']));
      return ok;
    };
    // Flapping gaps have to be gone for longer.
    for (let run = 0; run < 12; run++) {
      await lab.look(unreachable([], names));
      await lab.pass(hour);
    }
    assert.equal(lab.alerting.depth()[0]?.pending, 0);
    const heard = [
      ...new Map(
        webhooks(server)
          .filter(({ id }) => taken.has(id))
          .map((one) => [one.id, one]),
      ).values(),
    ];
    const bodies = new Map<string, string>();
    for (const { id, body } of webhooks(server)) {
      assert.equal(bodies.get(id) ?? body, body, 'one id, one content');
      bodies.set(id, body);
    }
    for (const name of names) {
      const types = heard
        .filter(({ subject }) => subject === `connect-timeout:${name}:80`)
        .map(({ type }) => type);
      let isOpen = false;
      for (const type of types) {
        assert.equal(isOpen, type !== 'gap.opened', `${name}: ${types.join()}`);
        isOpen = type !== 'gap.resolved';
      }
      assert.equal(isOpen, false, `${name}: ${types.join()}`);
    }
    const merged = heard.map(
      ({ body }) =>
        (JSON.parse(body) as { data: { merged?: { events: number } } }).data.merged?.events ?? 0,
    );
    assert.equal(
      merged.reduce((sum, count) => sum + count, heard.length),
      lab.events.length,
    );
  });
});

suite('a receiver that refuses', () => {
  const refusing: Behaviour = { status: 401, body: 'who are you?' };

  it('is a trouble, told to the others; the event is kept, and not sent again', async () => {
    const other = await lab.receiver();
    await lab.start({ alerts: [webhookTo(server), webhookTo(other)] });
    server.behave = () => refusing;
    await lab.look(unreachable(['a.test']));
    await lab.pass(day);
    assert.deepEqual(lab.alerting.depth(), [
      { receiver: 'webhook-1', pending: 0, parked: 2 },
      { receiver: 'webhook-2', pending: 0, parked: 0 },
    ]);
    assert.deepEqual(arrived(other), [
      'gap.opened connect-timeout:a.test:80',
      'agent.trouble alerts-refused',
    ]);
    // The event, and the trouble.
    assert.equal(server.received.length, 2);
    assert.ok(lab.logged.some((line) => line.startsWith('error: alerts: webhook-1')));
  });

  it('gets it again after a restart, or what follows it', async () => {
    const alerts = [webhookTo(server)];
    await lab.start({ alerts });
    server.behave = () => refusing;
    await lab.look(unreachable(['a.test', 'b.test']));
    await lab.pump();
    const [first] = webhooks(server);
    server.behave = () => ok;
    await lab.look(unreachable(['a.test'], ['a.test', 'b.test']));
    await lab.start({ alerts });
    await lab.pump();
    const now = webhooks(server).slice(3);
    assert.ok(now.some(({ id, body }) => id === first?.id && body === first.body));
    assert.deepEqual(
      now.filter(({ subject }) => subject.includes('b.test')).map(({ type }) => type),
      ['gap.resolved'],
    );
    assert.equal(lab.alerting.depth()[0]?.parked, 0);
    assert.deepEqual(lab.alerting.problems(), []);
  });
});

suite('a configuration that changes', () => {
  it('moves what waits to the new URL', async () => {
    const moved = await lab.receiver();
    await lab.start({ alerts: [webhookTo(server)] });
    server.behave = () => failing;
    await lab.look(unreachable(['a.test']));
    await lab.pump();
    await lab.alerting.reconfigure(lab.config({ alerts: [webhookTo(moved)] }));
    await lab.pump();
    assert.deepEqual(arrived(moved), ['gap.opened connect-timeout:a.test:80']);
  });

  it('tells a new receiver what is open', async () => {
    const added = await lab.receiver();
    await lab.start({ alerts: [webhookTo(server)] });
    await lab.look(unreachable(['a.test', 'b.test']));
    await lab.look(unreachable(['a.test'], ['a.test', 'b.test']));
    await lab.pump();
    await lab.alerting.reconfigure(lab.config({ alerts: [webhookTo(server), webhookTo(added)] }));
    await lab.pump();
    assert.deepEqual(arrived(added), ['gap.opened connect-timeout:a.test:80']);
    assert.equal(server.received.length, 3);
  });

  it('says what a removed receiver does not get any more', async () => {
    await lab.start({ alerts: [webhookTo(server)] });
    server.behave = () => failing;
    await lab.look(unreachable(names));
    await lab.pump();
    await lab.alerting.reconfigure(lab.config({ alerts: [] }));
    assert.ok(lab.logged.some((line) => line.startsWith('warn') && line.includes('3')));
    assert.deepEqual(lab.alerting.depth(), []);
    assert.equal(await lab.pump(), undefined);
  });

  it('is refused when it is wrong, and the old one stays', async () => {
    await lab.start({ alerts: [webhookTo(server)] });
    const wrong = lab.config({ alerts: [{ type: 'pagerduty', url: 'https://h.example/' }] });
    await assert.rejects(lab.alerting.reconfigure(wrong), { code: 'config-invalid' });
    await lab.look(unreachable(['a.test']));
    await lab.pump();
    assert.equal(server.received.length, 1);
  });

  it('starts nothing when it is wrong at the start, and locks nothing', async () => {
    const wrong = { alerts: [{ type: 'slack', url: 'env:NO_SUCH' }] } as const;
    await assert.rejects(lab.start(wrong), { code: 'secret-missing' });
    await lab.start({ alerts: [webhookTo(server)] });
  });
});

suite('a disk that fails', () => {
  it('stops no alert, is told itself, and told to be over', async () => {
    const stateDir = join(lab.folder, 'place');
    await writeFile(stateDir, 'a file where the folder is due');
    await lab.start({ alerts: [webhookTo(server)], stateDir });
    await lab.look(unreachable(['a.test']));
    assert.ok(await lab.pump(), 'it is tried again');
    assert.deepEqual(
      new Set(arrived()),
      new Set(['gap.opened connect-timeout:a.test:80', 'agent.trouble state-unwritable']),
    );
    await rm(stateDir);
    await lab.pass(2 * minute);
    assert.equal(arrived().at(-1), 'agent.recovered state-unwritable');
    assert.ok((await readdir(stateDir)).includes('state.json'));
    assert.deepEqual(lab.alerting.problems(), []);
  });

  it('may be full, also while events wait', { skip: noDisks }, async () => {
    const stateDir = join(lab.folder, 'disk');
    await mkdir(stateDir);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', stateDir]);
    assert.equal(mounted.status, 0, String(mounted.stderr));
    try {
      await lab.start({ alerts: [webhookTo(server)], stateDir });
      server.behave = () => failing;
      await lab.look(unreachable(['a.test']));
      await lab.pump();
      const filler = join(stateDir, 'filler');
      await writeFile(filler, Buffer.alloc(1024 * 1024)).catch(() => undefined);
      await lab.look(unreachable(['b.test'], names));
      await lab.pass(hour);
      assert.ok(lab.alerting.problems().some(({ code }) => code === 'state-unwritable'));
      // What was saved before is whole.
      assert.match(await readFile(join(stateDir, 'state.json'), 'utf8'), /a\.test/);
      server.behave = () => ok;
      await lab.pass(hour);
      assert.ok(arrived().includes('gap.opened connect-timeout:b.test:80'));
      assert.ok(arrived().includes('agent.trouble state-unwritable'));
      await rm(filler);
      await lab.pass(2 * minute);
      assert.equal(arrived().at(-1), 'agent.recovered state-unwritable');
      assert.deepEqual(lab.alerting.problems(), []);
    } finally {
      await lab.alerting.close();
      spawnSync('umount', [stateDir]);
    }
  });

  it('may have torn the state: it is set aside, said, and gaps open anew', async () => {
    const alerts = [webhookTo(server)];
    await lab.start({ alerts });
    await lab.look(unreachable(['a.test']));
    await lab.pump();
    await lab.alerting.close();
    const file = join(lab.folder, 'state', 'state.json');
    await writeFile(file, (await readFile(file, 'utf8')).slice(0, -20));
    await lab.start({ alerts });
    await lab.look(unreachable(['a.test']));
    await lab.pass(minute);
    assert.deepEqual(arrived().slice(1), [
      'agent.trouble state-set-aside',
      'agent.recovered state-set-aside',
      'gap.opened connect-timeout:a.test:80',
    ]);
    assert.ok(lab.logged.some((line) => line.startsWith('error') && line.includes('.bad-')));
  });
});

suite('secrets', () => {
  it('are in no log, and in no file', async () => {
    const secret = 'whsec_c2VjcmV0c2VjcmV0c2VjcmV0';
    server.behave = ({ url }) => ({ status: 400, body: `no ${url} with ${secret}` });
    await lab.start({
      alerts: [{ ...webhookTo(server, '/hook/T0K3N-T0K3N?key=K3Y-K3Y'), secret }],
    });
    await lab.look(unreachable(['a.test']));
    await lab.pass(hour);
    server.behave = () => 'reset';
    await lab.look(unreachable(['b.test']));
    await lab.pass(hour);
    const state = await readFile(join(lab.folder, 'state', 'state.json'), 'utf8');
    assert.ok(lab.logged.length > 0);
    for (const text of [...lab.logged, state, JSON.stringify(lab.events)])
      assert.doesNotMatch(text, /T0K3N|K3Y-K3Y|c2VjcmV0/);
  });
});

suite('Alertmanager', () => {
  it('is told again every five minutes what is open, and not what is over', async () => {
    await lab.start({
      alerts: [{ type: 'alertmanager', url: `http://127.0.0.1:${server.port}` }],
    });
    const sent = (): { endsAt: string; labels: { target?: string } }[][] =>
      server.received.map(({ body }) => JSON.parse(body) as never);
    await lab.look(unreachable(['a.test', 'b.test']));
    await lab.pass(hour);
    const refreshes = sent().slice(2);
    assert.ok(refreshes.length >= 11 && refreshes.length <= 13, String(refreshes.length));
    assert.ok(refreshes.every((alerts) => alerts.length === 2));
    await lab.look(unreachable(['a.test'], ['a.test', 'b.test']));
    await lab.pass(10 * minute);
    const last = sent().slice(-2);
    assert.ok(last.flat().every(({ labels }) => labels.target === 'a.test:80'));
    await lab.look(unreachable([], ['a.test', 'b.test']));
    const count = sent().length;
    assert.equal(await lab.pass(day), 1);
    assert.equal(sent().length, count + 1);
  });
});
