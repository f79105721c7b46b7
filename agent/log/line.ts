/** A line of the log, as JSON or as text. */

import { withoutCredentials } from '../alerts/redact.ts';
import type { LogLevel } from '../diagnostics.ts';
import { harmless } from '../report/harmless.ts';
import type { LogFields } from './facade.ts';

export interface Entry {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
  readonly at: Date;
}

export interface LineStyle {
  readonly format: 'json' | 'text';
  /** The journal notes time and level itself: the level goes before the line as `<N>` (sd-daemon(3)). */
  readonly toJournal: boolean;
}

type FieldValue = string | number | boolean;

/** syslog(3): LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG. */
const priorities: Readonly<Record<LogLevel, number>> = { error: 3, warn: 4, info: 6, debug: 7 };

/** One line that steers nothing and gives nothing away. */
export const plain = (text: string): string => withoutCredentials(harmless(text));

/** What is to be shown of the fields. */
export const given = (fields: LogFields): (readonly [string, FieldValue])[] =>
  Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, typeof value === 'string' ? plain(value) : value] as const],
  );

/** `name=value`, quoted where it would not be one word. */
const pair = ([name, value]: readonly [string, FieldValue]): string => {
  const text = String(value);
  return `${name}=${/^[^\s"'=\\]+$/.test(text) ? text : JSON.stringify(text)}`;
};

/** With the line feed at its end and no other. */
export const lineOf = (
  { level, message, fields, at }: Entry,
  { format, toJournal }: LineStyle,
): string => {
  const text = plain(message);
  const prefix = toJournal ? `<${priorities[level]}>` : '';
  const time = at.toISOString();
  if (format === 'json') {
    const head = { ...(!toJournal && { time }), level, message: text };
    // Named anew at the end: no field takes the place of what every line has.
    const parts = { ...head, ...Object.fromEntries(given(fields)), ...head };
    return `${prefix}${JSON.stringify(parts)}\n`;
  }
  const head = toJournal ? [] : [time, level.toUpperCase().padEnd(5)];
  return `${prefix}${[...head, text, ...given(fields).map(pair)].join(' ')}\n`;
};
