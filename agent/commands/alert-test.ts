/** `certready alert test`: one test to each receiver, now and past the outbox. */

import { randomUUID } from 'node:crypto';
import { hostname, release } from 'node:os';
import { answerOf } from '../alerts/answer.ts';
import type { Deliver } from '../alerts/delivery.ts';
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

const said = (delivery: Awaited<ReturnType<Deliver>>): string => {
  if (delivery.failed !== undefined) return delivery.failed;
  return delivery.line === '' ? String(delivery.status) : `${delivery.status} ${delivery.line}`;
};

const test = async (
  receiver: Receiver,
  { deliver, from, signal }: { deliver: Deliver; from: Teller; signal: AbortSignal },
): Promise<Tested> => {
  const sentAt = new Date();
  const notice = {
    id: `test_${randomUUID()}`,
    event: { type: 'test', at: sentAt.toISOString() } as const,
    from,
  };
  const credentials = await receiver.credentials();
  const delivery = await deliver(
    receiver.format.request(notice, { ...credentials, sentAt }),
    signal,
  );
  const accepted = answerOf(delivery, sentAt).kind === 'accepted';
  return { receiver, accepted, said: said(delivery) };
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
  if (config.alerts.length === 0)
    throw new AgentError(
      'config-invalid',
      `${path ?? 'there is no configuration file'}: alerts: no receivers, needed: at least one`,
    );
  const receivers = chosen(await openReceivers(config.alerts, env), options);
  const host = { name: hostname(), platform: platformOf(platform), release: release() };
  const deliver = await openWayOut({
    config,
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
