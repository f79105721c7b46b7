/** The configured receivers: what each is called, how it is known again, and its requests. */

import { createHash } from 'node:crypto';
import type { AlertReceiver } from '../../config/config.ts';
import { readSecret } from '../../config/secret.ts';
import { AgentError } from '../../errors.ts';
import { placeOf } from '../redact.ts';
import { alertmanager } from './alertmanager.ts';
import { pagerduty } from './pagerduty.ts';
import type { Credentials, Format, ReceiverType } from './receiver.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';
import { webhook } from './webhook.ts';

const formats: Readonly<Record<ReceiverType, Format>> = {
  webhook,
  alertmanager,
  slack,
  teams,
  pagerduty,
};

export interface Receiver {
  /** Type and position, from 1 on, e.g. `webhook-1`. */
  readonly label: string;
  readonly type: ReceiverType;
  /** The same as long as type and URL are written the same; holds no secret. */
  readonly key: string;
  readonly format: Format;
  /** Where it is, without its path and query. */
  readonly place: string;
  /** Reads URL and secrets anew, so that a rotated one is used at once. @throws AgentError */
  credentials(): Promise<Credentials>;
}

type Env = Readonly<Record<string, string | undefined>>;

const secretsOf = ({ secret }: AlertReceiver): readonly string[] =>
  secret === undefined ? [] : typeof secret === 'string' ? [secret] : secret;

const readCredentials = async (
  receiver: AlertReceiver,
  { env, name }: { readonly env: Env; readonly name: string },
): Promise<Credentials> => {
  const url = await readSecret(receiver.url, env);
  if (!/^https?:\/\/[^\s]+$/i.test(url) || !URL.canParse(url))
    throw new AgentError('config-invalid', `${name}.url: allowed: an http or https URL`);
  const secrets = await Promise.all(secretsOf(receiver).map((text) => readSecret(text, env)));
  return { url, secrets };
};

const digest = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 32);

/**
 * Reads every receiver's URL and secrets once, to say now what would fail later.
 * @throws AgentError `config-invalid`, `secret-missing` or as readSecret
 */
export const openReceivers = async (
  alerts: readonly AlertReceiver[],
  env: Env,
): Promise<readonly Receiver[]> => {
  const seen = new Map<string, number>();
  const keyOf = ({ type, url }: AlertReceiver): string => {
    const key = `${type}-${digest(url)}`;
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count === 1 ? key : `${key}-${count}`;
  };
  const receivers: Receiver[] = [];
  for (const [index, alert] of alerts.entries()) {
    const name = `alerts[${index}]`;
    const format = formats[alert.type];
    const credentials = (): Promise<Credentials> => readCredentials(alert, { env, name });
    const read = await credentials();
    try {
      format.check(read);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      throw new AgentError('config-invalid', `${name}.${problem}`, error);
    }
    receivers.push({
      label: `${alert.type}-${index + 1}`,
      type: alert.type,
      key: keyOf(alert),
      format,
      place: placeOf(read.url),
      credentials,
    });
  }
  return receivers;
};
