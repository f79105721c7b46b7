/** Alerting as the agent uses it: reports and troubles go in, pump() sends what is due. */

import type { Host } from '../../checks/types.ts';
import type { Config } from '../config/config.ts';
import type { LogLevel } from '../diagnostics.ts';
import type { Report } from '../report/report.ts';
import type { Deliver } from './delivery.ts';
import type { AlertEvent, Problem } from './event.ts';

/** The part of the configuration that alerting depends on. */
export type AlertingConfig = Pick<
  Config,
  'alerts' | 'remindEvery' | 'confirmAfter' | 'proxy' | 'timeouts'
>;

export interface AlertingOptions {
  readonly config: AlertingConfig;
  readonly stateDir: string;
  readonly host: Report['host'];
  readonly agentVersion: string;
  /** Where `env:NAME` and the proxy variables are read from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly clock: Pick<Host, 'now' | 'elapsed'>;
  /** From 0 up to, but not including, 1. */
  readonly random: () => number;
  /** Says how deliveries and the state file fare; never a secret, never a whole URL. */
  readonly log: (level: LogLevel, message: string) => void;
  /** Opens what requests leave by; absent: this process sends them itself. Throws as openWayOut does. */
  readonly openWayOut?: (config: AlertingConfig) => Promise<Deliver>;
  /** Checks what the state file held; absent: this process does so itself. @throws an Error that says what is wrong */
  readonly checkState?: (data: unknown) => Promise<unknown>;
  /** Told of every event once it is in the outbox, whether or not there is a receiver. */
  readonly onEvent?: (event: AlertEvent) => void;
}

/** How much waits for one receiver. */
export interface QueueDepth {
  /** Type and position in the configuration, e.g. `webhook-1`: what `alert test --receiver 1` means. */
  readonly receiver: string;
  /** Events that are still to be delivered. */
  readonly pending: number;
  /** Events that the receiver refused for good, kept. */
  readonly parked: number;
}

export interface Alerting {
  /** Takes in a run's report. Resolves when its events are in the outbox on disk, or in memory where the disk fails. */
  observe(report: Report): Promise<void>;
  /**
   * Tells a trouble of the agent's own, once per code until it has recovered (and again every `remindEvery`),
   * e.g. `run-failed`, `configuration-refused`.
   */
  trouble(code: string, summary: string): Promise<void>;
  /** Nothing happens where there was no such trouble. */
  recovered(code: string): Promise<void>;
  /**
   * Sends what is due and returns when to call it again; undefined: not before the next observe(), trouble()
   * or recovered(). Never throws; an abort ends it within moments, and what was in flight stays in the outbox.
   */
  pump(signal: AbortSignal): Promise<Date | undefined>;
  depth(): readonly QueueDepth[];
  /** Troubles of the agent's own that are there now, its receivers' and its state file's too. */
  problems(): readonly Problem[];
  /** Whether something was seen that a second look has to confirm: a run soon is worth while. */
  wantsSecondLook(): boolean;
  /** Takes a new configuration. @throws AgentError, and the old one stays */
  reconfigure(config: AlertingConfig): Promise<void>;
  /** Saves what is not saved yet. */
  close(): Promise<void>;
}
