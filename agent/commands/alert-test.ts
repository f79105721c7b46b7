/** `certready alert test`: one test to each receiver, now and past the outbox. */

import { randomUUID } from 'node:crypto';
import { hostname, release } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { answerOf } from '../alerts/answer.ts';
import type { Deliver, Delivery } from '../alerts/delivery.ts';
import type { Teller } from '../alerts/event.ts';
import { type Receiver, openReceivers } from '../alerts/receivers/index.ts';
import { openWayOut } from '../alerts/way-out.ts';
import { loadConfig } from '../config/load.ts';
import { AgentError } from '../errors.ts';
import { platformOf } from '../platform.ts';
import { version } from '../version.ts';
import type { AlertTestOptions } from './alert.ts';
import type { Surroundings } from './surroundings.ts';

interface Tested {
  readonly receiver: Receiver;
  readonly accepted: boolean;
  readonly said: string;
}

const chosen = (
  receivers: readonly Receiver[],
  { receiver: position }: AlertTestOptions,
): readonly Receiver[] => {
  if (position === undefined) return receivers;
  const one = receivers[position - 1];
  if (one) return [one];
  throw new AgentError(
    'usage',
    `--receiver ${position}: there are ${receivers.length} in the configuration's alerts`,
  );
};

const isAccepted = (delivery: Delivery): boolean =>
  answerOf(delivery, new Date()).kind === 'accepted';

const said = (delivery: Delivery): string => {
  if (delivery.failed !== undefined) return delivery.failed;
  return delivery.line === '' ? String(delivery.status) : `${delivery.status} ${delivery.line}`;
};

/** PagerDuty takes events in, and works on them later: what closes an incident must not come before it. */
const testLastsMs = 1000;

const test = async (
  receiver: Receiver,
  { deliver, from, signal }: { deliver: Deliver; from: Teller; signal: AbortSignal },
): Promise<Tested> => {
  const { format } = receiver;
  const sentAt = new Date();
  const notice = {
    id: `test_${randomUUID()}`,
    event: { type: 'test', at: sentAt.toISOString() } as const,
    from,
  };
  const credentials = await receiver.credentials();
  const delivery = await deliver(format.request(notice, { ...credentials, sentAt }), signal);
  const tested = { receiver, accepted: isAccepted(delivery), said: said(delivery) };
  if (!tested.accepted || !format.testEnd) return tested;
  await wait(testLastsMs, undefined, { signal });
  const end = await deliver(format.testEnd(notice, credentials), signal);
  return isAccepted(end)
    ? tested
    : { receiver, accepted: false, said: `the test could not be closed: ${said(end)}` };
};

/**
 * @returns the exit status: 0 all took it, 2 some did not
 * @throws AgentError `config-invalid` where there are no receivers or a wrong one, `usage` for a wrong position
 */
export const alertTest = async (
  options: AlertTestOptions,
  { env, platform, stdout, signal }: Surroundings,
): Promise<number> => {
  const { config, path } = await loadConfig({ file: options.config, env, platform });
  const { proxy = config.proxy } = options;
  if (config.alerts.length === 0)
    throw new AgentError(
      'config-invalid',
      `${path ?? 'there is no configuration file'}: alerts: no receivers, needed: at least one`,
    );
  const receivers = chosen(await openReceivers(config.alerts, env), options);
  const host = { name: hostname(), platform: platformOf(platform), release: release() };
  const deliver = await openWayOut({
    config: { ...config, proxy },
    env,
    platform,
    clock: { now: () => new Date(), elapsed: () => performance.now() },
    agentVersion: version,
    hostName: host.name,
  });
  const from: Teller = { host, agent: { name: 'certready', version } };
  const tested = await Promise.all(
    receivers.map((receiver) => test(receiver, { deliver, from, signal })),
  );
  for (const { receiver, accepted, said: answer } of tested)
    await stdout.write(
      `${accepted ? 'OK    ' : 'FAILED'} ${receiver.label} ${receiver.place} ${answer}\n`,
    );
  return tested.every(({ accepted }) => accepted) ? 0 : 2;
};
