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
  ['as UniversalString', commonName(utf8String('a😀b')), commonName(universalString('a😀b'))],
  ['in another case', commonName(utf8String('TEST ca')), commonName(utf8String('test CA'))],
  ['with other spaces', commonName(utf8String(' Test  CA ')), commonName(utf8String('Test CA'))],
  ['with a space before it', commonName(utf8String(' Test')), commonName(utf8String('Test'))],
  ['with several other spaces', commonName(utf8String('a  b  c')), commonName(utf8String('a b c'))],
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
    const both = [attribute('2.5.4.3', utf8String('a')), attribute('2.5.4.10', utf8String('b'))];
    assert.equal(nameText(parseName(sequence(setOf(...both)))), 'CN=a+O=b');
  });

  it('are written with the short names that people know, or with their numbers', () => {
    const known = ['2.5.4.5', '2.5.4.7', '2.5.4.8', '2.5.4.9', '2.5.4.11', '2.5.4.97'];
    const more = ['0.9.2342.19200300.100.1.25', '1.2.840.113549.1.9.1', '2.5.4.42'];
    const name = sequence(
      ...[...known, ...more].map((type) => setOf(attribute(type, utf8String('x')))),
    );
    assert.equal(
      nameText(parseName(name)),
      'serialNumber=x, L=x, ST=x, street=x, OU=x, organizationIdentifier=x, DC=x, emailAddress=x, 2.5.4.42=x',
    );
  });

  const odd: readonly [name: string, value: Buffer, text: string][] = [
    ['a BMPString of half a character more', tlv(0x1e, Buffer.of(0, 0x61, 0)), 'a'],
    ['a UniversalString of three bytes more', tlv(0x1c, Buffer.of(0, 0, 0, 0x61, 0, 0, 0)), 'a'],
    ['a value that is no string', integer(300), '012C'],
    ['the last character that there is', tlv(0x1c, Buffer.of(0, 0x10, 0xff, 0xff)), '\u{10ffff}'],
    ['a character that there is not', tlv(0x1c, Buffer.of(0, 0x11, 0, 0)), '\ufffd'],
  ];
  for (const [name, value, text] of odd)
    it(`are read with ${name}`, () => {
      assert.equal(nameText(parseName(commonName(value))), `CN=${text}`);
    });

  it('may have two hundred attributes', () => {
    const one = setOf(attribute('2.5.4.3', utf8String('a')));
    assert.equal(parseName(sequence(...Array<Buffer>(200).fill(one))).rdns.length, 200);
  });

  it('may be empty', () => assert.equal(nameText(parseName(sequence())), ''));
});
