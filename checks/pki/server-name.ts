/**
 * Does a certificate speak for a host name? RFC 9525: subjectAltName only, a wildcard only as the
 * whole left-most label. The common name is looked at to explain a refusal, never to accept.
 */

import type { Certificate } from './certificate.ts';
import { unlessMalformed } from './der.ts';
import { subjectAltName } from './extensions.ts';
import { nameTypes, nameValues } from './name.ts';

export type NameMatch = 'matches' | 'common-name-only' | 'mismatch';

/** Lower-case, without the dot of an absolute name. */
const normal = (host: string): string => host.toLowerCase().replace(/\.$/, '');

const isHostName = (name: string): boolean =>
  name.length <= 253 && /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(name);

/** Whether `pattern`, a presented DNS-ID, covers `host`, a host name. A wildcard needs two labels to its right. */
const covers = (pattern: string, host: string): boolean => {
  const presented = pattern.toLowerCase();
  if (!presented.startsWith('*.')) return presented === host;
  const parent = presented.slice(2);
  return parent.includes('.') && host.slice(host.indexOf('.') + 1) === parent;
};

/** The bytes of an IP address literal, or undefined for a name. */
const addressBytes = (host: string): Uint8Array | undefined => {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(host)) {
    const bytes = host.split('.').map(Number);
    return bytes.every((byte) => byte < 256) ? Uint8Array.from(bytes) : undefined;
  }
  if (!host.includes(':')) return undefined;
  let literal: string;
  try {
    literal = new URL(`http://[${host}]`).hostname.slice(1, -1); // the canonical form, without dotted quads
  } catch {
    return undefined;
  }
  const [head = '', tail] = literal.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => parseInt(group, 16));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
};

/** Whether `name`, a presented DNS-ID, is one of the hosts that `pattern`, a wildcard, stands for, or all of them. */
const isAmong = (pattern: string, name: string): boolean => {
  const presented = name.toLowerCase();
  return isHostName(presented.replace(/^\*\./, '')) && covers(pattern, presented);
};

/**
 * `host`: a DNS name in A-labels, or an IP address without brackets. A wildcard as the whole left-most label
 * stands for any host there: one of them must be named, or the wildcard itself.
 */
export const matchServerName = (certificate: Certificate, host: string): NameMatch => {
  const reference = normal(host);
  const names = altNames(certificate);
  const address = addressBytes(reference);
  if (address) {
    const found = names?.ipAddresses.some((candidate) => Buffer.compare(candidate, address) === 0);
    return found === true ? 'matches' : 'mismatch';
  }
  const isPattern = reference.startsWith('*.');
  if (!isHostName(isPattern ? reference.slice(2) : reference)) return 'mismatch';
  const speaksFor = (name: string): boolean =>
    isPattern ? isAmong(reference, name) : covers(name, reference);
  if (names?.dnsNames.some(speaksFor) === true) return 'matches';
  const common = nameValues(certificate.subject, nameTypes.commonName);
  return common.some(speaksFor) ? 'common-name-only' : 'mismatch';
};

/** Of malformed ones path validation says so. */
const altNames = (certificate: Certificate) => unlessMalformed(() => subjectAltName(certificate));
