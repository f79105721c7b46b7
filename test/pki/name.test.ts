import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DerError } from '../../checks/pki/der.ts';
import { nameText, nameTypes, nameValues, parseName, sameName } from '../../checks/pki/name.ts';
import {
  ia5String,
  integer,
  oid,
  printableString,
  sequence,
  setOf,
  tlv,
  utf8String,
} from '../helpers/der-writer.ts';
import { nameOf } from '../helpers/x509-writer.ts';

const attribute = (type: string, value: Uint8Array): Buffer => sequence(oid(type), value);
const commonName = (value: Uint8Array): Buffer =>
  sequence(setOf(attribute(nameTypes.commonName, value)));
const bmpString = (text: string): Buffer => tlv(0x1e, Buffer.from(text, 'utf16le').swap16());
const universalString = (text: string): Buffer =>
  tlv(
    0x1c,
    ...Array.from(text, (character) => {
      const unit = Buffer.alloc(4);
      unit.writeUInt32BE(character.codePointAt(0) ?? 0);
      return unit;
    }),
  );

const equal: readonly [name: string, a: Buffer, b: Buffer][] = [
  ['in another string type', commonName(utf8String('Test')), commonName(printableString('Test'))],
  ['as BMPString', commonName(utf8String('Prüf')), commonName(bmpString('Prüf'))],
  ['as UniversalString', commonName(utf8String('😀')), commonName(universalString('😀'))],
  ['in another case', commonName(utf8String('TEST ca')), commonName(utf8String('test CA'))],
  ['with other spaces', commonName(utf8String(' Test  CA ')), commonName(utf8String('Test CA'))],
  ['composed otherwise', commonName(utf8String('é')), commonName(utf8String('e\u0301'))],
  [
    'with the attributes of an RDN in another order',
    sequence(setOf(attribute('2.5.4.3', utf8String('a')), attribute('2.5.4.10', utf8String('b')))),
    sequence(setOf(attribute('2.5.4.10', utf8String('b')), attribute('2.5.4.3', utf8String('a')))),
  ],
];

const different: readonly [name: string, a: Buffer, b: Buffer][] = [
  ['another value', nameOf('CN=a'), nameOf('CN=b')],
  ['another type', nameOf('CN=a'), nameOf('O=a')],
  ['another order of RDNs', nameOf('CN=a, O=b'), nameOf('O=b, CN=a')],
  ['more RDNs', nameOf('CN=a'), nameOf('CN=a, O=b')],
  [
    'one RDN instead of two',
    nameOf('CN=a, O=b'),
    sequence(setOf(attribute('2.5.4.3', utf8String('a')), attribute('2.5.4.10', utf8String('b')))),
  ],
  ['separators inside a value', nameOf('CN=a'), commonName(utf8String('a",2.5.4.10="b'))],
  [
    'a text that looks like the hex of a value',
    commonName(utf8String('#020101')),
    commonName(integer(1)),
  ],
  [
    'inner spaces where there are none',
    commonName(utf8String('a b')),
    commonName(utf8String('ab')),
  ],
];

const malformed: readonly [name: string, input: Buffer][] = [
  ['an empty RDN', sequence(setOf())],
  ['an attribute without a value', sequence(setOf(sequence(oid('2.5.4.3'))))],
  [
    'an attribute with two values',
    sequence(setOf(sequence(oid('2.5.4.3'), utf8String('a'), utf8String('b')))),
  ],
  ['an RDN that is a SEQUENCE', sequence(sequence(attribute('2.5.4.3', utf8String('a'))))],
  ['a UTF8String that is no UTF-8', commonName(tlv(0x0c, Buffer.of(0xff)))],
  [
    'too many attributes',
    sequence(...Array.from({ length: 201 }, () => setOf(attribute('2.5.4.3', utf8String('a'))))),
  ],
  ['bytes after it', Buffer.concat([nameOf('a'), Buffer.of(0)])],
];

describe('names', () => {
  for (const [name, a, b] of equal)
    it(`match ${name}`, () => assert.ok(sameName(parseName(a), parseName(b))));
  for (const [name, a, b] of different)
    it(`do not match with ${name}`, () => assert.ok(!sameName(parseName(a), parseName(b))));
  for (const [name, input] of malformed)
    it(`refuse ${name}`, () => {
      assert.throws(() => parseName(input), DerError);
    });

  it('are written for people', () => {
    const name = parseName(nameOf('C=BE, O=Example nv-sa, CN=Root'));
    assert.equal(nameText(name), 'C=BE, O=Example nv-sa, CN=Root');
    assert.deepEqual(nameValues(name, nameTypes.commonName), ['Root']);
    assert.deepEqual(nameValues(name, nameTypes.organization), ['Example nv-sa']);
    assert.equal(nameText(parseName(commonName(ia5String('x')))), 'CN=x');
  });

  it('may be empty', () => assert.equal(nameText(parseName(sequence())), ''));
});
