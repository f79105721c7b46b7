/** Reads configuration and profiles, and checks all that can be checked before a run. */

import type { Surroundings } from '../commands/surroundings.ts';
import { configPath, loadConfig } from '../config/load.ts';
import { type HostOptions, createHost } from '../host.ts';
import { isBuiltIn } from '../profiles/built-in.ts';
import { type AskOptions, loadSettings } from '../settings.ts';
import { digestOf } from '../scheduled/file-watch.ts';
import { type Loaded, type LoadedSettings, type WatchedFile, faultOf } from './calls.ts';

type Places = Pick<Surroundings, 'env' | 'platform'>;

const seen = async (path: string): Promise<WatchedFile> => ({ path, digest: await digestOf(path) });

/** The configuration's file and those of profiles, as far as they are known. */
const filesOf = async (options: AskOptions, places: Places): Promise<readonly WatchedFile[]> => {
  const named = { file: options.config, ...places };
  const own = await seen(configPath(named));
  const profiles =
    options.profile ??
    (await loadConfig(named).then(
      ({ config }) => config.profiles,
      () => [],
    ));
  return [own, ...(await Promise.all(profiles.filter((name) => !isBuiltIn(name)).map(seen)))];
};

/** A helper has the same surroundings: they need not travel. */
const travelling = ({
  env: _env,
  platform: _platform,
  ...host
}: HostOptions): LoadedSettings['host'] => host;

const settingsOf = async (options: AskOptions, places: Places): Promise<LoadedSettings> => {
  const { host, ...settings } = await loadSettings(options, places);
  await createHost(host);
  return { ...settings, host: travelling(host) };
};

/** What is wrong is part of the answer, beside the files in which it may be mended. */
export const load = async (options: AskOptions, places: Places): Promise<Loaded> => {
  const files = await filesOf(options, places);
  try {
    return { files, settings: await settingsOf(options, places) };
  } catch (error) {
    return { files, fault: faultOf(error) };
  }
};
