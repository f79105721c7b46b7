/** The line for cron(8) that does the service's work where no service manager runs. */

import type { Config } from '../config/config.ts';

export interface CronJob extends Pick<Config, 'schedule'> {
  /** Of the service that it stands in for. */
  readonly name: string;
  readonly program: readonly string[];
  readonly configFile: string | undefined;
}

const quoted = (word: string): string =>
  /^[\w@+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** For /etc/cron.d: with seconds left out, which cron does not know, and percent signs escaped (crontab(5)). */
export const cronLine = ({ name, schedule, program, configFile }: CronJob): string => {
  const when = schedule.trim().split(/\s+/).slice(-5).join(' ');
  const reportFile = `/var/log/${name}.txt`;
  const named = configFile === undefined ? [] : ['--config', configFile];
  const words = [...program, '--once', '--quiet', ...named, '--output', reportFile];
  const command = words.map(quoted).join(' ');
  const otherwise = `logger -t ${name} -p daemon.err 'not ready, see ${reportFile}'`;
  return `${when} root ${`${command} || ${otherwise}`.replaceAll('%', '\\%')}`;
};
