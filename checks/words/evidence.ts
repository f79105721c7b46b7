/** Reads a finding's evidence for its words. Everything in it may come from outside: nothing is trusted to be there. */

import { isIP } from 'node:net';
import type { Finding, HostPort, Json } from '../types.ts';

const longestText = 2000;

/** One line without control, formatting or line-separating characters and without lone surrogates; each becomes `?`. */
export const printable = (text: string): string =>
  text.slice(0, longestText).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?');

/** Printable and short enough for a summary: the middle gives way. */
export const shown = (text: string, limit = 80): string => {
  const line = printable(text);
  if (line.length <= limit) return line;
  const tail = Math.floor(limit / 3);
  return `${line.slice(0, limit - tail - 3)}...${line.slice(-tail)}`;
};

/** A text of the evidence, printable; absent where it is missing, empty or no text. */
export const textOf = ({ evidence }: Finding, key: string): string | undefined => {
  const value = evidence[key];
  return typeof value === 'string' && value !== '' ? printable(value) : undefined;
};

export const numberOf = ({ evidence }: Finding, key: string): number | undefined => {
  const value = evidence[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
};

const addressIn = (item: Json): string | undefined => {
  const value =
    typeof item === 'object' && item !== null && 'address' in item ? item['address'] : item;
  return typeof value === 'string' && value !== '' ? printable(value) : undefined;
};

/** The texts of a list; of an item with an `address` that address. */
export const textsOf = ({ evidence }: Finding, key: string): readonly string[] => {
  const value = evidence[key];
  return Array.isArray(value) ? value.flatMap((item: Json) => addressIn(item) ?? []) : [];
};

/** The first of these keys that says something: a text, a number, or the texts of a list. */
export const said = (finding: Finding, ...keys: readonly string[]): string | undefined => {
  for (const key of keys) {
    const list = textsOf(finding, key);
    const text = textOf(finding, key) ?? (list.length > 0 ? list.join(', ') : undefined);
    const number = numberOf(finding, key);
    if (text !== undefined) return text;
    if (number !== undefined) return String(number);
  }
  return undefined;
};

/** Where only one of OCSP's two ways of asking fails, that says so. */
export const otherMethod = (finding: Finding): string => {
  const method = textOf(finding, 'method');
  return method === undefined || textOf(finding, 'otherMethod') !== 'answered'
    ? ''
    : ` Only ${shown(method, 10)} fails; the other way of asking (${method === 'GET' ? 'POST' : 'GET'}) is answered, so look for a filter or cache that treats the two differently.`;
};

/** A time of the evidence as people read it: `2025-09-04 00:00 UTC`; what is no ISO 8601 time stays as it is. */
export const timeOf = (finding: Finding, key: string): string | undefined => {
  const text = textOf(finding, key);
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:\d{2}(\.\d+)?)?Z$/.exec(text ?? '');
  return match === null ? text : `${match[1] ?? ''} ${match[2] ?? ''} UTC`;
};

/** Why, in the check's own words, wherever the evidence carries it. */
export const reasonOf = (finding: Finding): string | undefined =>
  said(finding, 'problem', 'reasons', 'reason', 'criticalExtension', 'extension', 'mismatch');

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export const targetOf = ({ target }: Finding): string => printable(target);

/** The IP addresses that were tried, at most `limit` of them. */
export const addressesOf = (finding: Finding, limit = 4): readonly string[] => {
  const one = textOf(finding, 'address');
  const all = [...(one === undefined ? [] : [one]), ...textsOf(finding, 'addresses')];
  return [...new Set(all.filter((text) => isIP(text) !== 0))].slice(0, limit);
};

/** ` (198.51.100.7)`, or nothing where no address is known. */
export const inBrackets = (items: readonly (string | undefined)[]): string => {
  const known = items.filter((item) => item !== undefined);
  return known.length === 0 ? '' : ` (${known.map((item) => shown(item, 46)).join(', ')})`;
};

const isPort = (port: number | undefined): port is number =>
  port !== undefined && Number.isInteger(port) && port > 0 && port < 65_536;

/** `HOST:PORT` or `[IPv6]:PORT`, read strictly. */
export const parseHostPort = (text: string): HostPort | undefined => {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && isPort(port) ? { host, port } : undefined;
};

const webUrl = (text: string | undefined): URL | undefined => {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
};

const urlIn = (finding: Finding): URL | undefined =>
  webUrl(finding.target) ?? webUrl(textOf(finding, 'url'));

/** The finding is about something that was, or is to be, fetched over http or https. */
export const isWebUrl = (finding: Finding): boolean => urlIn(finding) !== undefined;

/** Where the connection went: the target's `HOST:PORT`, or its URL's, or what the evidence says. */
export const destinationOf = (finding: Finding, defaultPort = 80): HostPort => {
  const stated = parseHostPort(finding.target);
  if (stated !== undefined) return stated;
  const url = urlIn(finding);
  if (url !== undefined) {
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
    return { host: url.hostname.replace(/^\[|\]$/g, ''), port };
  }
  const port = numberOf(finding, 'port');
  return {
    host: textOf(finding, 'host') ?? targetOf(finding),
    port: isPort(port) ? port : defaultPort,
  };
};

export const hostPortText = ({ host, port }: HostPort): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** The http or https URL that the finding is about; without one, that of its host. Never another scheme. */
export const urlOf = (finding: Finding): string => {
  const ofHost = `http://${hostPortText(destinationOf(finding))}/`;
  return (urlIn(finding) ?? webUrl(ofHost))?.href ?? ofHost;
};

/** The proxy's `HOST:PORT` without any credentials. */
export const proxyOf = (finding: Finding): string | undefined =>
  textOf(finding, 'proxy')
    ?.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/^.*@/, '')
    .replace(/\/$/, '');

/** `after 5 s`, `after 400 ms`, or nothing. */
export const afterTime = (finding: Finding): string => {
  const ms = numberOf(finding, 'timeoutMs') ?? numberOf(finding, 'ms');
  if (ms === undefined) return '';
  return ms < 1000 ? ` after ${Math.round(ms)} ms` : ` after ${Number((ms / 1000).toFixed(1))} s`;
};

/** The connection goes to a mail host. */
export const isMail = (finding: Finding): boolean =>
  [25, 465, 587].includes(destinationOf(finding).port);

/** Another party's mail host presented it, as opposed to this host's own or a CA's file. */
export const isPeer = ({ owner }: Finding): boolean => owner === 'peer';
