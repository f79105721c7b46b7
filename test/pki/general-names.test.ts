import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DerError, DerReader } from '../../checks/pki/der.ts';
import { readGeneralNames, readSubtrees } from '../../checks/pki/general-names.ts';
import { nameText } from '../../checks/pki/name.ts';
import { context, contextPrimitive, integer, sequence } from '../helpers/der-writer.ts';
import {
  directoryName,
  dnsName,
  emailName,
  ipName,
  nameOf,
  uriName,
} from '../helpers/x509-writer.ts';

const every = [
  context(0),
  emailName('a@b.example'),
  dnsName('c.example'),
  context(3),
  directoryName(nameOf('CN=d')),
  context(5),
  uriName('http://f.example'),
  ipName(Buffer.of(192, 0, 2, 1)),
  contextPrimitive(8, Buffer.of(42)),
];
const reading = (...names: readonly Uint8Array[]) =>
  readGeneralNames(new DerReader(Buffer.concat(names)));
const subtrees = (...trees: readonly Uint8Array[]) =>
  readSubtrees(new DerReader(Buffer.concat(trees)));
const times = (count: number, name: Uint8Array): Uint8Array[] =>
  Array<Uint8Array>(count).fill(name);

describe('general names', () => {
  for (const [title, read] of [
    ['are read by their forms', () => reading(...every)],
    ['are read by their forms in subtrees', () => subtrees(...every.map((name) => sequence(name)))],
  ] as const)
    it(title, () => {
      const { directoryNames, ...rest } = read();
      assert.deepEqual(directoryNames.map(nameText), ['CN=d']);
      assert.deepEqual(rest, {
        emailAddresses: ['a@b.example'],
        dnsNames: ['c.example'],
        uris: ['http://f.example'],
        ipAddresses: [Buffer.of(192, 0, 2, 1)],
        others: [0, 3, 5, 8],
      });
    });

  for (const [title, name] of [
    ['a form that there is not', contextPrimitive(9, Buffer.of(1))],
    ['a DNS name that is constructed', context(2)],
    ['another name that is primitive', contextPrimitive(0, Buffer.of(1))],
    ['a universal type', integer(1)],
  ] as const)
    it(`refuse ${title}`, () => {
      assert.throws(() => reading(name), DerError);
    });

  it('are two thousand at most', () => {
    const one = dnsName('');
    assert.equal(reading(...times(2000, one)).dnsNames.length, 2000);
    assert.throws(() => reading(...times(2001, one)), DerError);
    assert.equal(subtrees(...times(2000, sequence(one))).dnsNames.length, 2000);
    assert.throws(() => subtrees(...times(2001, sequence(one))), DerError);
  });

  for (const [title, tree] of [
    ['a minimum', sequence(dnsName('a'), contextPrimitive(0, Buffer.of(1)))],
    ['a maximum', sequence(dnsName('a'), contextPrimitive(1, Buffer.of(9)))],
    ['no name', sequence()],
  ] as const)
    it(`refuse a subtree with ${title}`, () => {
      assert.throws(() => subtrees(tree), DerError);
    });

  it('refuse subtrees that are none at all', () => {
    assert.throws(() => subtrees(), DerError);
  });
});
