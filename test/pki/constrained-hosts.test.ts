import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostOf, mailHost, uriHost } from '../../checks/pki/constrained-hosts.ts';

const label = (length: number): string => 'a'.repeat(length);
/** A name of so many characters, in labels of nine. */
const long = (length: number): string => `${label(9)}.`.repeat(25) + label(length - 250);

/** A host as it is read, or undefined for one that cannot be compared. */
type Read = readonly [text: string, host: string | undefined];

const hosts: readonly Read[] = [
  ['MX-1.Example', 'mx-1.example'],
  ['_dmarc.example', '_dmarc.example'],
  ['*.example', '*.example'],
  ['*', '*'],
  [`${label(63)}.example`, `${label(63)}.example`],
  [`${label(64)}.example`, undefined],
  [long(253), long(253)],
  [long(254), undefined],
  ['', undefined],
  ['mx..example', undefined],
  ['.example', undefined],
  ['example.', undefined],
  ['mx.*.example', undefined],
  ['m*.example', undefined],
  ['mx example', undefined],
  ['m\u00fc.example', undefined],
];

const uris: readonly Read[] = [
  ['https://MX.example/a', 'mx.example'],
  ['X-1+2.3://mx.example', 'mx.example'],
  ['https://mx.example?@evil.example', 'mx.example'],
  ['https://mx.example#@evil.example', 'mx.example'],
  ['https://mx.example/@evil.example', 'mx.example'],
  ['https://a:b@c@mx.example:8443', 'mx.example'],
  ['https://mx.example:', 'mx.example'],
  ['https://mx.example:80a', undefined],
  ['https://mx.example:80:', undefined],
  ['see https://mx.example', undefined],
  ['1https://mx.example', undefined],
  ['//mx.example', undefined],
  ['https:mx.example', undefined],
  ['https://', undefined],
  ['https://mx', undefined],
  ['https://*.example', undefined],
  ['https://192.0.2.1', undefined],
  ['https://mx.example.77', undefined],
  ['https://mx.example7', 'mx.example7'],
  ['https://mx.7example', 'mx.7example'],
];

const addresses: readonly Read[] = [
  ['a@MX.example', 'mx.example'],
  ['@mx.example', undefined],
  ['a@', undefined],
  ['mx.example', undefined],
  ['a@b@mx.example', undefined],
];

describe('hosts that constraints compare', () => {
  for (const [kind, read, table] of [
    ['name', hostOf, hosts],
    ['URI', uriHost, uris],
    ['mail address', mailHost, addresses],
  ] as const)
    for (const [text, host] of table)
      it(`${kind} ${text.slice(0, 40)}: ${host?.slice(0, 40) ?? 'none'}`, () => {
        assert.equal(read(text).labels?.join('.'), host);
      });
});
