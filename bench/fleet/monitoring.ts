/** A real Prometheus, a real Alertmanager and a receiver behind it, on loopback, with packaging/fleet's files. */

import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/helpers/free-port.ts';
import type { Population } from './population.ts';

const fleet = fileURLToPath(new URL('../../packaging/fleet/', import.meta.url));

/** One message that Alertmanager sent. */
export interface Notification {
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly alerts: readonly {
    readonly status: 'firing' | 'resolved';
    readonly labels: Readonly<Record<string, string>>;
  }[];
  readonly truncatedAlerts: number;
}

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

/** Every host's metrics endpoint, each at a path of its own. */
export const serveMetrics = async (
  population: Population,
): Promise<{ readonly port: number; readonly server: Server }> => {
  const server = createServer((request, response) => {
    const host = Number(/^\/(\d+)\/metrics$/.exec(request.url ?? '')?.[1]);
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    void population.metrics(host).then((text) => response.end(text));
  });
  return { port: await listen(server), server };
};

export const serveReceiver = async (): Promise<{
  readonly port: number;
  readonly server: Server;
  readonly received: Notification[];
}> => {
  const received: Notification[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push(JSON.parse(body) as Notification);
      response.end();
    });
  });
  return { port: await listen(server), server, received };
};

const untilReady = async (url: string, program: ChildProcess): Promise<void> => {
  for (let tries = 0; tries < 300; tries++) {
    if (program.exitCode !== null) throw new Error(`${url}: ended with ${program.exitCode}`);
    const isReady = await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} did not start`);
};

export interface Started {
  readonly url: string;
  readonly program: ChildProcess;
}

/** The shipped file with its waits shortened, so that minutes take seconds; nothing else differs. */
const shortened = async (
  file: string,
  waits: Readonly<Record<string, string>>,
): Promise<string> => {
  let text = await readFile(join(fleet, file), 'utf8');
  for (const [from, to] of Object.entries(waits)) text = text.replaceAll(from, to);
  return text;
};

export const startAlertmanager = async (folder: string, receiver: number): Promise<Started> => {
  const port = await freePort();
  const config = await shortened('alertmanager/certready.yml', {
    'group_wait: 5m': 'group_wait: 20s',
    'group_interval: 30m': 'group_interval: 10s',
    'http://127.0.0.1:9099': `http://127.0.0.1:${receiver}`,
  });
  const file = join(folder, `alertmanager-${port}.yml`);
  await writeFile(file, config);
  const url = `http://127.0.0.1:${port}`;
  const program = spawn(
    'prometheus-alertmanager',
    [
      `--config.file=${file}`,
      `--storage.path=${join(folder, `alertmanager-${port}`)}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  );
  await untilReady(url, program);
  return { url, program };
};

export const startPrometheus = async (
  folder: string,
  {
    population,
    metrics,
    alertmanager,
    scrapeSeconds,
  }: {
    readonly population: Population;
    readonly metrics: number;
    readonly alertmanager: string;
    readonly scrapeSeconds: number;
  },
): Promise<Started> => {
  const rules = await shortened('prometheus/certready.rules.yml', {
    'interval: 60s': 'interval: 5s',
    'for: 10m': 'for: 10s',
  });
  const targets = Array.from({ length: population.hosts }, (_, host) => ({
    targets: [`127.0.0.1:${metrics}`],
    labels: { __metrics_path__: `/${host}/metrics`, instance: population.nameOf(host) },
  }));
  const port = await freePort();
  await Promise.all([
    writeFile(join(folder, 'certready.rules.yml'), rules),
    writeFile(join(folder, 'targets.json'), JSON.stringify(targets)),
    writeFile(
      join(folder, 'prometheus.yml'),
      JSON.stringify({
        global: { scrape_interval: `${scrapeSeconds}s`, scrape_timeout: `${scrapeSeconds}s` },
        rule_files: ['certready.rules.yml'],
        alerting: {
          alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanager).host] }] }],
        },
        scrape_configs: [
          { job_name: 'certready', file_sd_configs: [{ files: ['targets.json'] }] },
          // What it says of itself.
          { job_name: 'prometheus', static_configs: [{ targets: [`127.0.0.1:${port}`] }] },
        ],
      }),
    ),
  ]);
  const url = `http://127.0.0.1:${port}`;
  const program = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  );
  await untilReady(url, program);
  return { url, program };
};
