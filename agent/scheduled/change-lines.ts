/** Changes as lines of the log. */

import { type AlertEvent, isGapEvent } from '../alerts/index.ts';
import type { LogLevel } from '../diagnostics.ts';
import type { LogFields } from '../log/facade.ts';

export interface ChangeLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

const words = {
  'gap.opened': 'gap opened',
  'gap.changed': 'gap changed',
  'gap.resolved': 'gap resolved',
  'gap.reminder': 'gap still open',
  'agent.trouble': 'trouble',
  'agent.recovered': 'recovered',
} as const;

export const changeLine = (event: AlertEvent): ChangeLine => {
  const { type, since } = event;
  if (!isGapEvent(event)) {
    const { code, summary } = event.problem;
    return {
      level: type === 'agent.trouble' ? 'error' : 'info',
      message: `${words[type]}: ${code}: ${summary}`,
      fields: { event: type, code, since },
    };
  }
  const { id, code, target, severity, owner, summary } = event.gap;
  const level = severity === 'critical' ? 'error' : 'warn';
  return {
    level: type === 'gap.resolved' ? 'info' : level,
    message: `${words[event.type]}: ${summary}`,
    fields: { event: type, gap: id, code, target, severity, owner, since },
  };
};
