/** `certready profile show … --allow-list`: what a firewall must allow, with the addresses seen now. */

import { buildAllowList } from '../allow-list/build.ts';
import type { AllowList } from '../allow-list/schema.ts';
import { createHost } from '../host.ts';
import { loadSettings } from '../settings.ts';
import type { AllowListFormat, AllowListOptions } from './allow-list-options.ts';
import type { Surroundings } from './surroundings.ts';

const render = async (
  list: AllowList,
  format: AllowListFormat,
  columns: number,
): Promise<string> => {
  switch (format) {
    case 'text':
      return (await import('../allow-list/text.ts')).allowListText(list, columns);
    case 'json':
      return (await import('../report/json.ts')).jsonText(list);
    case 'csv':
      return (await import('../allow-list/csv.ts')).allowListCsv(list);
  }
};

/**
 * Asks for names alone; no connection is made.
 * @throws AgentError for whatever is wrong with the options, the configuration or the profile
 */
export const allowList = async (
  reference: string,
  options: AllowListOptions,
  { env, platform, stdout, signal }: Surroundings,
): Promise<string> => {
  const { profiles, smtp, host } = await loadSettings(
    { ...options, profile: [reference] },
    { env, platform },
  );
  const [profile] = profiles;
  if (profile === undefined) throw new Error(`profile ${reference} was loaded as none`);
  // The stores of this machine say where it fetches roots; those that somebody named do not matter here.
  const machine = await createHost({ ...host, trustStores: 'auto' });
  const list = await buildAllowList(profile, machine, { smtp, signal });
  return render(list, options.format ?? 'text', stdout.columns);
};
