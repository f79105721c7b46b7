/** The configuration file, as users write it. Every key is optional. */

import * as z from 'zod';
import { parseProxy } from '../../checks/net/proxy.ts';
import { nodeRoots } from '../../checks/stores/node.ts';
import { choice, line, list, mapping } from '../documents/allow.ts';
import { hostPortText, parseHostPort } from '../host-port.ts';
import { logLevels } from '../diagnostics.ts';
import { alertTypes } from './config.ts';
import { type Duration, durationPattern, parseDuration } from './duration.ts';
import { isSchedule } from './schedule.ts';
import { isReference } from './secret.ts';
import { type Size, parseSize, sizePattern } from './size.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const duration = (least: number, most: number, range: string) => {
  const what = `a duration such as 500ms, 5s or 24h (${range})`;
  return z
    .custom<Duration>((value) => typeof value === 'string', what)
    .refine((text) => {
      const value = parseDuration(text);
      return value !== undefined && value >= least && value <= most;
    }, what)
    .meta({ type: 'string', pattern: durationPattern.source, description: what });
};

const size = (least: number, most: number, range: string) => {
  const what = `a size such as 500KB or 10MB (${range})`;
  return z
    .custom<Size>((value) => typeof value === 'string', what)
    .refine((text) => {
      const value = parseSize(text);
      return value !== undefined && value >= least && value <= most;
    }, what)
    .meta({ type: 'string', pattern: sizePattern.source, description: what });
};

const isHttpUrl = (text: string): boolean => /^https?:\/\/\S+$/i.test(text) && URL.canParse(text);

const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

const isProxy = (text: string): boolean => {
  try {
    parseProxy(text);
    return true;
  } catch {
    return false;
  }
};

const path = (what = 'a path') => line(what, 4096);

const scheduleText = 'a cron expression of five or six fields, such as */30 * * * *';
const timezoneText = 'the name of a time zone, such as Europe/Madrid';
const proxyText = 'system, none, http://[USER:PASSWORD@]HOST:PORT, env:NAME or file:PATH';
const urlText = 'an http or https URL, env:NAME or file:PATH';
const secretText = 'a text, env:NAME or file:PATH, or a list of them';
const storesText = 'auto, or a list of { path: PATH }';
const confirmText = 'a whole number from 1 to 10';
const filesText = 'a whole number from 1 to 1000';
const headersText = 'a mapping of header names to a text, env:NAME or file:PATH';
/** A token of HTTP (RFC 9110 section 5.6.2). */
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
const listenText = 'ADDRESS:PORT, such as 127.0.0.1:9810';

const hostPort = (what: string) =>
  z.string(what).refine((text) => parseHostPort(text, 25) !== undefined, what);

const secretUrl = z
  .string(urlText)
  .refine((text) => isReference(text) || isHttpUrl(text), urlText)
  .describe(urlText);

const alert = mapping({
  type: choice(alertTypes),
  url: secretUrl,
  secret: z
    .union([line(secretText), list(line(secretText), 'secrets', 1)], secretText)
    .optional()
    .describe('What messages are signed with; several during rotation.'),
});

const otlp = mapping({
  url: secretUrl.describe(
    'Where metrics are pushed to as OTLP over HTTP, in JSON; without a path, /v1/metrics is meant.',
  ),
  headers: z
    .record(z.string().regex(headerName, headersText), line(headersText, 4096), headersText)
    .optional()
    .describe('Headers to send, such as an access token.'),
  interval: duration(5000, hour, '5s to 1h').optional(),
});

const nodeService = mapping({
  name: line('a name for the service').describe('How reports call it: node:NAME.'),
  node: path('the path of its node program').describe('The node program that runs it.'),
  extraCaCerts: path('the path of a PEM file')
    .optional()
    .describe('What its environment has as NODE_EXTRA_CA_CERTS.'),
  roots: choice(nodeRoots)
    .optional()
    .describe('What --use-bundled-ca, --use-openssl-ca or --use-system-ca tells it to trust.'),
});

export const configSchema = mapping(
  {
    profiles: list(
      line('the id of a built-in profile, or the path of a profile file', 4096),
      'profiles',
      1,
    ),
    schedule: z.string(scheduleText).refine(isSchedule, scheduleText).describe(scheduleText),
    timezone: z.string(timezoneText).refine(isTimeZone, timezoneText).describe(timezoneText),
    splay: duration(0, day, '0s to 24h'),
    stateDir: path('the path of a folder'),
    timeouts: mapping({
      connect: duration(1, hour, '1ms to 1h').optional(),
      request: duration(1, hour, '1ms to 1h').optional(),
      run: duration(1000, day, '1s to 24h').optional(),
    }),
    proxy: z
      .string(proxyText)
      .refine(
        (text) => ['system', 'none'].includes(text) || isReference(text) || isProxy(text),
        proxyText,
      )
      .describe(proxyText),
    trustStores: z
      .union([z.literal('auto'), list(mapping({ path: path() }), '{ path: PATH }', 1)], storesText)
      .describe(storesText),
    nodeServices: list(nodeService, 'services that run on Node, each with name and node').describe(
      'Services on Node that send mail by themselves: their roots are checked too.',
    ),
    smtp: list(hostPort(hostPortText), hostPortText),
    alerts: list(alert, 'receivers, each with type and url'),
    remindEvery: duration(minute, 365 * day, '1m to 365d'),
    confirmAfter: z
      .int(confirmText)
      .min(1, confirmText)
      .max(10, confirmText)
      .describe('In how many runs in a row a gap is seen before it is told, 1 to 10.'),
    metrics: mapping({
      listen: hostPort(listenText)
        .refine((text) => /:\d+$/.test(text), listenText)
        .optional()
        .describe(listenText),
      textfile: path().optional().describe("A file for the node exporter's textfile collector."),
      otlp: otlp.optional(),
    }),
    log: mapping({
      level: choice(logLevels).optional(),
      format: choice(['json', 'text']).optional(),
      file: path().optional().describe('Where to write instead of to standard error.'),
      maxSize: size(1024, 1024 ** 4, '1KB to 1024GB')
        .optional()
        .describe('A file that would grow beyond this is set aside: 10MB unless given.'),
      maxAge: duration(minute, 3650 * day, '1m to 3650d')
        .optional()
        .describe('A file whose first line is older is set aside: 30d unless given.'),
      maxFiles: z
        .int(filesText)
        .min(1, filesText)
        .max(1000, filesText)
        .optional()
        .describe('How many files that were set aside are kept: 12 unless given.'),
    }),
  },
  'a configuration: a mapping',
)
  .partial()
  .meta({ title: 'certready configuration', description: 'Every key is optional.' });

export type ConfigDocument = z.infer<typeof configSchema>;
