/** `certready service status` for people. */

import type { ServiceState } from '../../service/service-manager.ts';
import { harmless } from '../report/harmless.ts';
import type { StatusFile } from '../status-file.ts';

type Row = readonly [name: string, value: string];

/** A row, where there is something to say. */
const row = (name: string, value: string | undefined): Row[] =>
  value === undefined ? [] : [[name, value]];

export interface ServiceStatus extends Partial<
  Pick<StatusFile, 'version' | 'configuration' | 'lastRun' | 'verdict' | 'nextRun' | 'problems'>
> {
  readonly name: string;
  readonly service: ServiceState;
  readonly outbox?: StatusFile['queues'];
}

/** `2026-11-27 20:30:17 UTC` */
const time = (moment: Date | string): string => {
  const [day = '', clock = ''] = new Date(moment).toISOString().split('T');
  return `${day} ${clock.slice(0, 8)} UTC`;
};

const stateLine = (name: string, { state, since, pid, atBoot }: ServiceState): string => {
  const details = [
    `${state}${since ? ` since ${time(since)}` : ''}`,
    ...(pid === undefined ? [] : [`process ${pid}`]),
    ...(atBoot === undefined ? [] : [`${atBoot ? 'starts' : 'does not start'} with the system`]),
  ];
  return `${name}: ${details.join(', ')}`;
};

const managerRows = ({ reason, restarts = 0, statusLine }: ServiceState): Row[] => [
  ...row('ended by', reason),
  ...row('restarts', restarts === 0 ? undefined : String(restarts)),
  ...row('says', statusLine),
];

const outboxRow = (outbox: NonNullable<ServiceStatus['outbox']>): string =>
  outbox.length === 0
    ? 'no receivers'
    : outbox
        .map(
          ({ receiver, pending, parked }) => `${receiver}: ${pending} waiting, ${parked} refused`,
        )
        .join('; ');

const agentRows = (status: ServiceStatus): Row[] => {
  const { version, configuration, lastRun, verdict, nextRun, outbox, problems = [] } = status;
  if (version === undefined) return [];
  const { path = 'none, the defaults', accepted = true } = configuration ?? {};
  return [
    ['version', version],
    [
      'config',
      accepted ? path : `${path}, which is refused as it is now: an earlier one is in force`,
    ],
    [
      'last run',
      lastRun
        ? `${time(lastRun.endedAt)}, ${lastRun.result}, ${lastRun.durationMs} ms`
        : 'none yet',
    ],
    ['verdict', verdict ?? 'none yet'],
    ...row('next run', nextRun && time(nextRun)),
    ...row('outbox', outbox && outboxRow(outbox)),
    ...problems.map(({ code, summary }): Row => ['problem', `${code}: ${summary}`]),
  ];
};

/** What the agent writes in its state folder is for its own account and root. */
const unseen = ({ service: { state, stateDir }, version }: ServiceStatus): string[] =>
  version === undefined && state !== 'not-installed' && stateDir !== undefined
    ? [
        `  (nothing to be read in ${stateDir}: it has not run yet, or only an administrator may look)`,
      ]
    : [];

export const statusText = (status: ServiceStatus): string => {
  const rows = [...managerRows(status.service), ...agentRows(status)];
  return [
    stateLine(status.name, status.service),
    ...rows.map(([name, value]) => `  ${name.padEnd(8)}  ${harmless(value)}`),
    ...unseen(status),
  ]
    .map((line) => `${line}\n`)
    .join('');
};
