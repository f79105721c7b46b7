/** systemctl(1): its commands, and what it says of a unit. */

import { execFile } from 'node:child_process';
import { ServiceError } from '../service-error.ts';

export interface Systemctl {
  /** @throws Error with systemctl's own words */
  run(verb: string, ...args: readonly string[]): Promise<void>;
  /** Properties of a unit; those that this version does not know are empty. */
  show<Name extends string>(
    unit: string,
    ...names: readonly Name[]
  ): Promise<Readonly<Record<Name, string>>>;
}

/** A start waits for READY=1, a stop for the end: both have times of their own in the unit. */
const timeoutMs = 120_000;

const environment = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
  SYSTEMD_PAGER: '',
  SYSTEMD_COLORS: '0',
};

/** Runs a program of systemd's. @throws Error with the last line that it said */
export const runTool = (program: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, env: environment };
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else {
        const [said = `${program} failed`] = stderr.trim().split('\n');
        reject(new Error(said === '' ? `${program} failed` : said, { cause: error }));
      }
    });
  });

/** @throws ServiceError `no-service-manager` when there is no answer */
const ask = async (...args: readonly string[]): Promise<string> => {
  try {
    return await runTool('systemctl', args);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new ServiceError('no-service-manager', `systemd cannot be asked: ${said}`, error);
  }
};

/** `NAME=VALUE` lines. */
export const parseProperties = (output: string): ReadonlyMap<string, string> =>
  new Map(
    output.split('\n').flatMap((line): [string, string][] => {
      const [, name, value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value]];
    }),
  );

export const systemctl: Systemctl = {
  async run(verb, ...args) {
    await runTool('systemctl', [verb, ...args]);
  },
  async show(unit, ...names) {
    const wanted = names.map((name) => `--property=${name}`);
    const output = await ask('show', ...wanted, '--', unit);
    const properties = parseProperties(output);
    return Object.fromEntries(names.map((name) => [name, properties.get(name) ?? ''])) as Record<
      (typeof names)[number],
      string
    >;
  },
};

/** @returns undefined where it cannot be told */
export const systemdVersion = async (): Promise<number | undefined> => {
  const [, version] = /^systemd (\d+)/.exec(await ask('--version')) ?? [];
  return version === undefined ? undefined : Number(version);
};
