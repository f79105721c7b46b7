/** How the values of options are read. A value that is not allowed says what is. */

import { InvalidArgumentError } from 'commander';
import { parseConnectTo, parseResolve } from '../../checks/net/options.ts';
import type { HostPort } from '../../checks/types.ts';
import { didYouMean } from '../documents/suggest.ts';
import { hostPortText, parseHostPort } from '../host-port.ts';

/** An option that may be repeated: each value is read and added. */
export const each =
  <T>(parse: (text: string) => T) =>
  (text: string, previous: readonly T[] = []): readonly T[] => [...previous, parse(text)];

export const oneOf =
  <const Value extends string>(values: readonly Value[]) =>
  (text: string): Value => {
    const value = values.find((candidate) => candidate === text);
    if (value !== undefined) return value;
    throw new InvalidArgumentError(`Allowed: ${values.join(', ')}${didYouMean(text, values)}`);
  };

export const nonEmpty = (text: string): string => {
  if (text === '') throw new InvalidArgumentError('Allowed: anything but nothing.');
  return text;
};

const longestSeconds = 3600;

/** Seconds, also as a fraction, as milliseconds. */
export const seconds = (text: string): number => {
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value >= 0.001 && value <= longestSeconds) return Math.round(value * 1000);
  throw new InvalidArgumentError(`Allowed: seconds, 0.001 to ${longestSeconds}.`);
};

const iso8601 =
  /^(\d{4}-\d{2}-\d{2})(?:T([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?)?$/;

/** A time by ISO 8601; a day alone is its midnight, and a time without a zone is meant, in UTC. */
export const time = (text: string): Date => {
  const [, day = '', hour] = iso8601.exec(text.toUpperCase()) ?? [];
  const zoned = hour === undefined ? `${day}T00:00:00Z` : text.toUpperCase();
  const at = new Date(/(?:Z|[+-]\d{2}:?\d{2})$/.test(zoned) ? zoned : `${zoned}Z`);
  const midnight = new Date(`${day}T00:00:00Z`);
  // Date takes February 30 for March 2.
  const real = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
  if (day !== '' && real && !Number.isNaN(at.getTime())) return at;
  throw new InvalidArgumentError(
    'Allowed: a time by ISO 8601, such as 2018-09-03 or 2018-09-03T08:00:00Z.',
  );
};

export const smtpPort = 25;

export const smtpHost = (text: string): HostPort => {
  const host = parseHostPort(text, smtpPort);
  if (host) return host;
  throw new InvalidArgumentError(`Allowed: ${hostPortText}.`);
};

const orInvalid =
  <T>(parse: (text: string) => T) =>
  (text: string): T => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };

export const resolveOverride = orInvalid(parseResolve);
export const connectRule = orInvalid(parseConnectTo);
