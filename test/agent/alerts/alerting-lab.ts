/** Alerting with a clock of its own and receivers on loopback: days pass in moments. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AlertEvent, type Alerting, createAlerting } from '../../../agent/alerts/index.ts';
import type { AlertReceiver } from '../../../agent/config/config.ts';
import { type GapSpec, type Look, host, randomOf, reportOf } from './looks-of.ts';
import { type ReceiverServer, startReceiver } from './receiver-server.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

export interface LabOptions {
  readonly alerts?: readonly AlertReceiver[];
  readonly confirmAfter?: number;
  readonly stateDir?: string;
  /** How long a receiver may take, for those that never answer. */
  readonly request?: '300ms' | '10s';
}

export class AlertingLab {
  readonly folder: string;
  readonly logged: string[] = [];
  readonly events: AlertEvent[] = [];
  readonly #servers: ReceiverServer[] = [];
  readonly #random = randomOf(7);
  now = Date.parse('2026-11-23T00:00:00.000Z');
  #alerting: Alerting | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<AlertingLab> {
    return new AlertingLab(await mkdtemp(join(tmpdir(), 'certready-alerting-')));
  }

  async receiver(): Promise<ReceiverServer> {
    const server = await startReceiver();
    this.#servers.push(server);
    return server;
  }

  config({ alerts = [], confirmAfter = 1, request = '10s' }: LabOptions) {
    return {
      alerts,
      confirmAfter,
      remindEvery: '24h',
      proxy: 'none',
      timeouts: { connect: '5s', request, run: '120s' },
    } as const;
  }

  /** Starts alerting, again where it has been started before. */
  async start(options: LabOptions = {}): Promise<Alerting> {
    await this.#alerting?.close();
    this.#alerting = await createAlerting({
      config: this.config(options),
      stateDir: options.stateDir ?? join(this.folder, 'state'),
      host,
      agentVersion: '0.1.0',
      env: {},
      platform: 'linux',
      clock: { now: () => new Date(this.now), elapsed: () => performance.now() },
      random: this.#random,
      log: (level, message) => this.logged.push(`${level}: ${message}`),
      onEvent: (event) => this.events.push(event),
    });
    return this.#alerting;
  }

  get alerting(): Alerting {
    if (!this.#alerting) throw new Error('not started');
    return this.#alerting;
  }

  /** A run now that shows these gaps, and nothing else of theirs. */
  async look(look: Look): Promise<void> {
    await this.alerting.observe(reportOf(look, new Date(this.now)));
  }

  async pump(): Promise<Date | undefined> {
    return this.alerting.pump(new AbortController().signal);
  }

  /** Lets time pass, pumping whenever something is due. @returns how often it was pumped */
  async pass(ms: number): Promise<number> {
    const end = this.now + ms;
    for (let count = 1; ; count++) {
      const due = await this.pump();
      if (due === undefined || due.getTime() > end) {
        this.now = end;
        return count;
      }
      if (due.getTime() <= this.now) throw new Error('due, and not sent');
      this.now = due.getTime();
    }
  }

  async close(): Promise<void> {
    await this.#alerting?.close();
    await Promise.all(this.#servers.map((server) => server.close()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

export const endpoint = (name: string): string => `endpoint:${name}:80`;

/** The gap that a host cannot be reached. */
export const timeoutAt = (name: string): GapSpec => ({
  code: 'connect-timeout',
  target: `${name}:80`,
  checks: [endpoint(name)],
});

/** A run in which these of some hosts cannot be reached, and the others can. */
export const unreachable = (names: readonly string[], all: readonly string[] = names): Look => ({
  gaps: names.map(timeoutAt),
  checks: Object.fromEntries(
    all.map((name) => [endpoint(name), names.includes(name) ? 'critical' : 'ok']),
  ),
});

/** What a generic webhook got: the ids, and what of which subject. */
export const webhooks = (
  server: ReceiverServer,
): readonly { id: string; type: string; subject: string; body: string }[] =>
  server.received.map(({ headers, body }) => {
    const { type, data } = JSON.parse(body) as {
      type: string;
      data: { gap?: { id: string }; problem?: { code: string } };
    };
    return {
      id: String(headers['webhook-id']),
      type,
      subject: data.gap?.id ?? data.problem?.code ?? '',
      body,
    };
  });

export const webhookTo = (server: ReceiverServer, path = '/hook/T0K3N-T0K3N'): AlertReceiver => ({
  type: 'webhook',
  url: `http://127.0.0.1:${server.port}${path}`,
});
