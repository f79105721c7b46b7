/** The line for cron(8) that does the service's work where no service manager runs. */

import type { Config } from '../config/config.ts';

const quoted = (word: string): string =>
  /^[\w@+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

const reportFile = '/var/log/certready.txt';

/** For /etc/cron.d: with seconds left out, which cron does not know, and percent signs escaped (crontab(5)). */
export const cronLine = (
  { schedule }: Pick<Config, 'schedule'>,
  program: readonly string[],
  configFile: string | undefined,
): string => {
  const when = schedule.trim().split(/\s+/).slice(-5).join(' ');
  const named = configFile === undefined ? [] : ['--config', configFile];
  const words = [...program, '--once', '--quiet', ...named, '--output', reportFile];
  const command = words.map(quoted).join(' ');
  const otherwise = `logger -t certready -p daemon.err 'not ready, see ${reportFile}'`;
  return `${when} root ${`${command} || ${otherwise}`.replaceAll('%', '\\%')}`;
};
