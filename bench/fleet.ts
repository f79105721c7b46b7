/**
 * A fleet before one real Prometheus and one real Alertmanager, with the files of packaging/fleet: how many
 * notifications do so many hosts with a few causes make, and what does it cost? The hosts are simulated: one
 * process answers for all of them what each would show. Only the waits are shortened.
 *
 *     npm run bench:fleet -- [--hosts 2000]
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { gapId } from '../checks/types.ts';
import type { Notice } from '../agent/alerts/event.ts';
import { alertmanager as directly } from '../agent/alerts/receivers/alertmanager.ts';
import {
  type Notification,
  serveMetrics,
  serveReceiver,
  startAlertmanager,
  startPrometheus,
} from './fleet/monitoring.ts';
import { Population, causes } from './fleet/population.ts';
import { table } from './measure.ts';

const scrapeSeconds = 15;
const { values } = parseArgs({ options: { hosts: { type: 'string', default: '2000' } } });
const population = new Population(Number(values.hosts));

interface Usage {
  readonly megabytes: number;
  readonly cpuSeconds: number;
}

/** Of a process, from /proc. */
const usageOf = async (pid: number | undefined): Promise<Usage> => {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  const stat =
    (await readFile(`/proc/${String(pid)}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return {
    megabytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024,
    cpuSeconds: (Number(stat[11]) + Number(stat[12])) / 100,
  };
};

const query = async (prometheus: string, expression: string): Promise<number> => {
  const response = await fetch(
    `${prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`,
  );
  const { data } = (await response.json()) as {
    data: { result: readonly { value: readonly [number, string] }[] };
  };
  return Number(data.result[0]?.value[1] ?? 0);
};

/** Waits until the messages show what they should, or gives up. */
const until = async (isSo: () => boolean, seconds: number): Promise<boolean> => {
  for (let waited = 0; waited < seconds && !isSo(); waited++) await wait(1000);
  return isSo();
};

const aboutGap = ({ groupLabels }: Notification): string =>
  `${groupLabels['code'] ?? ''}:${groupLabels['target'] ?? ''}`;

/** Hosts that messages of a cause named as firing, each host once. */
const hostsTold = (messages: readonly Notification[], id: string): ReadonlySet<string> =>
  new Set(
    messages
      .filter((message) => aboutGap(message) === id)
      .flatMap(({ alerts }) =>
        alerts
          .filter(({ status }) => status === 'firing')
          .map(({ labels }) => labels['host'] ?? ''),
      ),
  );

const allTold = (messages: readonly Notification[]): boolean =>
  causes.every((cause) => hostsTold(messages, gapId(cause)).size === population.hitBy(cause));

const rowsOf = (messages: readonly Notification[]): readonly (readonly string[])[] => [
  ['cause', 'hosts hit', 'hosts told', 'messages', 'to'],
  ...causes.map((cause) => {
    const id = gapId(cause);
    const about = messages.filter((message) => aboutGap(message) === id);
    return [
      id,
      String(population.hitBy(cause)),
      String(hostsTold(messages, id).size),
      String(about.length),
      [...new Set(about.map(({ receiver }) => receiver))].join(' '),
    ];
  }),
];

/** Every agent of a host with a gap sends it by itself, as `alerts: [{ type: alertmanager }]` does. */
const sendDirectly = async (url: string): Promise<number> => {
  let requests = 0;
  for (let host = 0; host < population.hosts; host++) {
    const report = population.report(host);
    for (const gap of report.gaps) {
      const at = new Date().toISOString();
      const notice: Notice = {
        id: `msg_${host}_${gap.id}`,
        event: { type: 'gap.opened', at, since: at, gap, profile: report.profiles[0]?.id ?? '' },
        from: { host: report.host, agent: report.agent },
      };
      const request = directly.request(notice, { url, secrets: [], sentAt: new Date() });
      const { ok } = await fetch(request.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...request.headers },
        body: request.body,
      });
      if (!ok) throw new Error(`Alertmanager refuses: ${request.body}`);
      requests++;
    }
  }
  return requests;
};

const say = (text = ''): void => console.log(text);

const folder = await mkdtemp(join(tmpdir(), 'certready-fleet-'));
const receivers = await Promise.all([serveReceiver(), serveReceiver()]);
const metrics = await serveMetrics(population);
const alertmanagers = await Promise.all(
  receivers.map(({ port }) => startAlertmanager(folder, port)),
);
const [scraped, pushed] = alertmanagers as [(typeof alertmanagers)[0], (typeof alertmanagers)[0]];
const prometheus = await startPrometheus(folder, {
  population,
  metrics: metrics.port,
  alertmanager: scraped.url,
  scrapeSeconds,
});
try {
  const [received, direct] = receivers.map((receiver) => receiver.received) as [
    Notification[],
    Notification[],
  ];
  say(`${population.hosts} hosts, scraped every ${scrapeSeconds} s\n`);
  say('by Prometheus rules:');
  const told = await until(() => allTold(received), 120);
  say(table(rowsOf(received)));
  say(told ? 'every host that is hit was named' : 'NOT every host that is hit was named');

  const before = await usageOf(prometheus.program.pid);
  await wait(2 * scrapeSeconds * 1000);
  const now = await usageOf(prometheus.program.pid);
  const series = await query(prometheus.url, 'prometheus_tsdb_head_series');
  const up = await query(prometheus.url, 'sum(up{job="certready"})');
  const slowest = await query(prometheus.url, 'max(scrape_duration_seconds{job="certready"})');
  const rules = await query(prometheus.url, 'sum(prometheus_rule_group_last_duration_seconds)');
  const manager = await usageOf(scraped.program.pid);
  const cpu = (now.cpuSeconds - before.cpuSeconds) / (2 * scrapeSeconds);
  const perHost = series / population.hosts;
  say();
  say(
    table([
      ['what', 'measured', '100,000 hosts, scraped every 60 s'],
      ['hosts up', String(up), ''],
      ['series', String(series), (perHost * 1e5).toExponential(1)],
      ['series per host', perHost.toFixed(0), ''],
      [
        'samples per second',
        (series / scrapeSeconds).toFixed(0),
        ((perHost * 1e5) / 60).toExponential(1),
      ],
      [
        'Prometheus, MB',
        now.megabytes.toFixed(0),
        ((now.megabytes / series) * perHost * 1e5).toFixed(0),
      ],
      [
        'Prometheus, cores',
        cpu.toFixed(2),
        ((cpu / (series / scrapeSeconds)) * ((perHost * 1e5) / 60)).toFixed(1),
      ],
      ['slowest scrape, s', slowest.toFixed(3), ''],
      ['all rules once, s', rules.toFixed(3), ((rules / population.hosts) * 1e5).toFixed(1)],
      ['Alertmanager, MB', manager.megabytes.toFixed(0), ''],
    ]),
  );

  const [mended] = causes;
  if (mended) {
    population.mend(mended);
    const isOver = (): boolean =>
      received.some(
        (message) => message.status === 'resolved' && aboutGap(message) === gapId(mended),
      );
    const over = await until(isOver, 120);
    say(`\n${gapId(mended)} mended everywhere: ${over ? 'one' : 'NO'} message that all is over`);
  }

  say('\nsent by the agents themselves:');
  const started = performance.now();
  const requests = await sendDirectly(pushed.url);
  const seconds = (performance.now() - started) / 1000;
  say(`${requests} requests, ${(requests / seconds).toFixed(0)} a second`);
  await until(() => allTold(direct), 60);
  say(table(rowsOf(direct)));
} finally {
  for (const { program } of [prometheus, ...alertmanagers]) {
    const ended = new Promise((resolve) => program.once('exit', resolve));
    program.kill('SIGTERM');
    await ended;
  }
  for (const { server } of [...receivers, metrics]) {
    server.closeAllConnections();
    server.close();
  }
  await rm(folder, { recursive: true, force: true });
}
