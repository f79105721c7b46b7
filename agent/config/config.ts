/** The configuration in effect: what the file says, over the defaults. Shaped like the file itself. */

import type { NodeService } from '../../checks/stores/node.ts';
import type { LogLevel } from '../diagnostics.ts';
import type { Duration } from './duration.ts';
import type { Size } from './size.ts';

export const alertTypes = ['webhook', 'alertmanager', 'slack', 'teams', 'pagerduty'] as const;

/** A text, or where it is read from when it is needed: `env:NAME` or `file:PATH`. See secret.ts. */
export type SecretText = string;

export interface AlertReceiver {
  readonly type: (typeof alertTypes)[number];
  readonly url: SecretText;
  /** Several during rotation. */
  readonly secret?: SecretText | readonly SecretText[];
}

/** Where metrics are pushed to: OpenTelemetry's protocol over HTTP. */
export interface OtlpReceiver {
  readonly url: SecretText;
  readonly headers?: Readonly<Record<string, SecretText>>;
  readonly interval?: Duration;
}

export interface Config {
  /** Built-in ids, or absolute paths of profile files. */
  readonly profiles: readonly string[];
  /** Cron, five or six fields. */
  readonly schedule: string;
  /** IANA name; absent: the host's. */
  readonly timezone?: string;
  readonly splay: Duration;
  readonly stateDir: string;
  readonly timeouts: {
    readonly connect: Duration;
    readonly request: Duration;
    readonly run: Duration;
  };
  /** `system`, `none` or a URL. */
  readonly proxy: SecretText;
  readonly trustStores: 'auto' | readonly { readonly path: string }[];
  /** Services that bring their roots with them. */
  readonly nodeServices: readonly NodeService[];
  /** `HOST[:PORT]`, port 25 unless said. */
  readonly smtp: readonly string[];
  readonly alerts: readonly AlertReceiver[];
  readonly remindEvery: Duration;
  /** In how many runs in a row a gap is seen before it is told. */
  readonly confirmAfter: number;
  readonly metrics: {
    /** `ADDRESS:PORT` of the endpoint. */
    readonly listen?: string;
    /** For the node exporter's textfile collector. */
    readonly textfile?: string;
    readonly otlp?: OtlpReceiver;
  };
  readonly log: {
    readonly level: LogLevel;
    readonly format: 'json' | 'text';
    /** Absent: standard error. */
    readonly file?: string;
    /** A file that would grow beyond this, or whose first line is older than `maxAge`, is set aside. */
    readonly maxSize?: Size;
    readonly maxAge?: Duration;
    /** How many files that were set aside are kept. */
    readonly maxFiles?: number;
  };
}

export const defaultConfig = (stateDir: string): Config => ({
  profiles: ['exchange-online-globalsign-r1'],
  schedule: '*/30 * * * *',
  splay: '60s',
  stateDir,
  timeouts: { connect: '5s', request: '15s', run: '120s' },
  proxy: 'system',
  trustStores: 'auto',
  nodeServices: [],
  smtp: [],
  alerts: [],
  remindEvery: '24h',
  confirmAfter: 2,
  metrics: {},
  log: { level: 'info', format: 'json' },
});
