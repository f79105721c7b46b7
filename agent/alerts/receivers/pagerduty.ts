/** PagerDuty's Events API v2. The secret is the integration's routing key. */

import { createHash } from 'node:crypto';
import { harmless } from '../../report/harmless.ts';
import type { AlertRequest } from '../delivery.ts';
import { type Notice, isGapEvent, subjectOf } from '../event.ts';
import type { Credentials, Format } from './receiver.ts';
import { wordingOf } from './wording.ts';

/** PagerDuty's limits. */
const longestKey = 255;
const longestSummary = 1024;

/** The same for all events about one subject of one host. */
export const dedupKey = ({ id, event, from }: Notice): string => {
  const subject = event.type === 'test' ? `test:${id}` : subjectOf(event);
  const key = `certready:${from.host.name}:${subject}`;
  if (key.length <= longestKey) return key;
  const hash = createHash('sha256').update(key).digest('hex');
  return `${key.slice(0, longestKey - hash.length - 1)}:${hash}`;
};

const severityOf = ({ event }: Notice): string => {
  if (event.type === 'test') return 'info';
  return isGapEvent(event) ? event.gap.severity : 'error';
};

const payloadOf = (notice: Notice) => {
  const { event, from } = notice;
  const { title, summary, facts, remedy, commands } = wordingOf(notice);
  return {
    summary: `${title}: ${summary}`.slice(0, longestSummary),
    source: harmless(from.host.name),
    severity: severityOf(notice),
    timestamp: event.at,
    ...(event.type !== 'test' &&
      isGapEvent(event) && {
        component: harmless(event.gap.target),
        group: event.gap.category,
        class: event.gap.code,
      }),
    custom_details: {
      ...Object.fromEntries(facts.map(([name, value]) => [name.toLowerCase(), value])),
      ...(remedy !== undefined && { remedy }),
      ...(commands.length > 0 && { commands }),
    },
  };
};

const isOver = ({ event }: Notice): boolean =>
  event.type === 'gap.resolved' || event.type === 'agent.recovered';

// A closed incident needs no words.
const resolve = { event_action: 'resolve' };

const send = (notice: Notice, { url, secrets }: Credentials, action: object): AlertRequest => ({
  url,
  headers: {},
  body: JSON.stringify({ routing_key: secrets[0], dedup_key: dedupKey(notice), ...action }),
  secrets,
});

export const pagerduty: Format = {
  check({ secrets }) {
    if (secrets.length !== 1)
      throw new Error("secret: expected the integration's routing key, one");
  },
  request: (notice, credentials) =>
    send(
      notice,
      credentials,
      isOver(notice)
        ? resolve
        : { event_action: 'trigger', client: 'certready', payload: payloadOf(notice) },
    ),
  testEnd: (notice, credentials) => send(notice, credentials, resolve),
};
