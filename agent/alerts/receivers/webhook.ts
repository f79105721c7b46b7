/** Any program that takes JSON over HTTP, signed by Standard Webhooks (standardwebhooks.com, specification 1.0). */

import { createHmac } from 'node:crypto';
import { type Notice, isGapEvent, routedBefore } from '../event.ts';
import type { Format } from './receiver.ts';

const secretPattern =
  /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?)$/;

/** The key that `whsec_BASE64` stands for; undefined for anything else. */
export const webhookKey = (secret: string): Buffer | undefined => {
  const base64 = secretPattern.exec(secret)?.[1] ?? '';
  return base64 === '' ? undefined : Buffer.from(base64, 'base64');
};

/** What is sent: the contract's body. `merged` stands where this event stands for others that were never sent. */
export const webhookBody = ({ event, from: { host, agent }, merged }: Notice): string => {
  const told = { host, agent };
  const more = merged && { merged };
  const data = (): object => {
    if (event.type === 'test') return told;
    if (!isGapEvent(event)) {
      const { problem, since, reminder } = event;
      return { ...told, problem, since, ...(reminder && { reminder }), ...more };
    }
    const { profile, profiles, gap, since, resolution } = event;
    const previous = routedBefore(event);
    return {
      ...told,
      profile,
      ...(profiles && { profiles }),
      gap,
      since,
      ...(resolution && { resolution }),
      ...(previous && { previous }),
      ...more,
    };
  };
  return JSON.stringify({ type: event.type, timestamp: event.at, data: data() });
};

/** `v1,BASE64` of HMAC-SHA256 over `id.timestamp.body`; one for each secret, apart by a space. */
export const webhookSignature = (
  secrets: readonly string[],
  {
    id,
    timestamp,
    body,
  }: { readonly id: string; readonly timestamp: number; readonly body: string },
): string =>
  secrets
    .map((secret) => {
      const hmac = createHmac('sha256', webhookKey(secret) ?? '');
      return `v1,${hmac.update(`${id}.${timestamp}.${body}`).digest('base64')}`;
    })
    .join(' ');

export const webhook: Format = {
  check({ secrets }) {
    if (secrets.some((secret) => webhookKey(secret) === undefined))
      throw new Error('secret: expected whsec_ and a key in base64');
  },
  request(notice, { url, secrets, sentAt }) {
    const { id } = notice;
    const body = webhookBody(notice);
    const timestamp = Math.floor(sentAt.getTime() / 1000);
    return {
      url,
      body,
      headers: {
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        ...(secrets.length > 0 && {
          'webhook-signature': webhookSignature(secrets, { id, timestamp, body }),
        }),
      },
      secrets,
    };
  },
};
