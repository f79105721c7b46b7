/**
 * Alertmanager, POST /api/v2/alerts. It knows an alert by its labels and holds it until `endsAt`, in memory only:
 * what fires is sent again every few minutes, so that it outlives a restart of Alertmanager, and with an end
 * that outlives a restart of this host.
 */

import { harmless } from '../../report/harmless.ts';
import { type GapEvent, type Notice, type Told, isGapEvent, routedBefore } from '../event.ts';
import type { Credentials, Format } from './receiver.ts';
import { wordingOf } from './wording.ts';

const everyMs = 5 * 60_000;
/** An agent that is gone for longer than this cannot say that a gap is still there. */
const endsAfterMs = 60 * 60_000;
const testEndsAfterMs = 5 * 60_000;
/**
 * An end that Alertmanager's clock has not reached yet gives way to the later one that was sent before: that
 * of a host whose clock is a second ahead would come an hour late. A gap ended some time before it was seen
 * gone in any case.
 */
const endedBeforeMs = 5 * 60_000;

interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** What makes an alert the same; severity and owner are there because alerts are routed by them. */
const gapLabels = ({ gap }: GapEvent, host: string, { severity, owner }: Told) => ({
  alertname: 'CertreadyGap',
  host,
  code: gap.code,
  category: gap.category,
  target: harmless(gap.target),
  owner,
  severity,
});

const labelsOf = ({ event, from }: Notice): Readonly<Record<string, string>> => {
  const host = harmless(from.host.name);
  if (event.type === 'test') return { alertname: 'CertreadyTest', host, severity: 'info' };
  return isGapEvent(event)
    ? gapLabels(event, host, event.gap)
    : { alertname: 'CertreadyTrouble', host, code: event.problem.code, severity: 'warning' };
};

const annotationsOf = (notice: Notice): Readonly<Record<string, string>> => {
  const { summary, facts, remedy, commands } = wordingOf(notice);
  return {
    summary,
    ...(remedy !== undefined && { description: remedy }),
    ...(commands.length > 0 && { commands: commands.join('\n') }),
    ...Object.fromEntries(
      facts
        .filter(([name]) => name === 'Profile' || name === 'Merged')
        .map(([name, value]) => [name.toLowerCase(), value]),
    ),
  };
};

const isOver = ({ event }: Notice): boolean =>
  event.type === 'gap.resolved' || event.type === 'agent.recovered';

const alertsOf = (notice: Notice, sentAt: Date): readonly PostedAlert[] => {
  const { event, from } = notice;
  const now = sentAt.getTime();
  // An alert that ends before it starts is refused; clocks do jump.
  const since = Math.min(Date.parse(event.type === 'test' ? event.at : event.since), now);
  const lasts = event.type === 'test' ? testEndsAfterMs : endsAfterMs;
  const ended = Math.max(since, Math.min(Date.parse(event.at), now) - endedBeforeMs);
  const alert = {
    labels: labelsOf(notice),
    annotations: annotationsOf(notice),
    startsAt: iso(since),
    endsAt: iso(isOver(notice) ? ended : now + lasts),
  };
  if (event.type === 'test' || !isGapEvent(event)) return [alert];
  const before = routedBefore(event);
  if (!before) return [alert];
  // Other labels are another alert: the one that it was is over.
  const labels = gapLabels(event, harmless(from.host.name), before);
  return [{ ...alert, labels, endsAt: iso(ended) }, alert];
};

const alertsPath = '/api/v2/alerts';

/** The URL may be Alertmanager's own or that of its alerts. */
const alertsUrl = (text: string): string => {
  const url = new URL(text);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith(alertsPath) ? path : path + alertsPath;
  return url.href;
};

const post = (
  notices: readonly Notice[],
  { url, secrets, sentAt }: Credentials & { readonly sentAt: Date },
) => ({
  url: alertsUrl(url),
  headers: secrets[0] === undefined ? {} : { authorization: `Bearer ${secrets[0]}` },
  body: JSON.stringify(notices.flatMap((notice) => alertsOf(notice, sentAt))),
  secrets,
});

export const alertmanager: Format = {
  check({ secrets }) {
    if (secrets.length > 1) throw new Error('secret: one bearer token, not a list');
  },
  request: (notice, options) => post([notice], options),
  refresh: { everyMs, request: post },
};
