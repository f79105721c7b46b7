import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DerError, DerReader, contextConstructed, readSingle, tags } from '../../checks/pki/der.ts';
import { DerWalk } from '../../checks/pki/der-walk.ts';
import { context, integer, octetString, sequence } from '../helpers/der-writer.ts';

const bytes = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

const refused: readonly [name: string, input: string, offset: number][] = [
  ['nothing', '', 0],
  ['a tag alone', '04', 1],
  ['a value cut short', '04 02 00', 0],
  ['an indefinite length', '30 80 00 00', 1],
  ['a length of five bytes', '04 85 00 00 00 00 01 00', 1],
  ['a length cut short', '04 82 01', 3],
  ['a length written longer than needed', '04 81 01 00', 1],
  ['a length with a leading zero', `04 82 00 80 ${'00'.repeat(128)}`, 1],
  ['a length beyond the input', '04 84 FF FF FF FF', 0],
  ['a tag of several bytes', '1F 81 01 00', 0],
];

describe('the DER reader', () => {
  for (const [name, input, offset] of refused)
    it(`refuses ${name}`, () => {
      assert.throws(
        () => new DerReader(bytes(input)).read(),
        (error) => error instanceof DerError && error.offset === offset,
      );
    });

  it('refuses another tag than the one that is due', () => {
    assert.throws(() => new DerReader(integer(1)).read(tags.octetString), DerError);
  });

  it('refuses bytes after the one value that is due', () => {
    assert.throws(() => readSingle(Buffer.concat([sequence(), Buffer.of(0)])), DerError);
    assert.throws(() => new DerReader(Buffer.of(0)).finish(), DerError);
  });

  it('refuses values that nest too deep', () => {
    let nested = sequence();
    for (let depth = 0; depth < 40; depth++) nested = sequence(nested);
    const descend = (reader: DerReader): void => {
      if (!reader.isDone()) descend(reader.inside());
    };
    assert.throws(() => descend(new DerReader(nested)), DerError);
  });

  it('takes long lengths that are minimal', () => {
    for (const length of [127, 128, 255, 256, 65_535, 65_536]) {
      const reader = new DerReader(octetString(Buffer.alloc(length)));
      const tlv = reader.read(tags.octetString);
      assert.equal(tlv.end - tlv.content, length);
      reader.finish();
    }
  });

  it('reads what is optional only where it is there', () => {
    const reader = new DerReader(Buffer.concat([context(0, integer(5)), integer(7)]));
    assert.equal(reader.optional(tags.integer), undefined);
    assert.ok(reader.optional(contextConstructed(0)));
    assert.equal(reader.peek(), tags.integer);
    reader.read();
    assert.equal(reader.peek(), undefined);
    reader.finish();
  });

  it('gives views, not copies', () => {
    const input = octetString(Buffer.of(1, 2, 3));
    const reader = new DerReader(input);
    const tlv = reader.read();
    assert.equal(reader.content(tlv).buffer, input.buffer);
    assert.deepEqual(Buffer.from(reader.content(tlv)), Buffer.of(1, 2, 3));
    assert.deepEqual(Buffer.from(reader.whole(tlv)), input);
  });

  it('says where, counted from the start of a larger input too', () => {
    const moved = new DerError('bytes left over', 3).movedBy(100);
    assert.equal(moved.offset, 103);
    assert.equal(moved.problem, 'bytes left over');
    assert.match(moved.message, /103/);
  });
});

describe('the DER walk', () => {
  it('refuses what the reader refuses, wherever the header is there', () => {
    for (const [name, input] of refused) {
      const value = bytes(input);
      const window = new DerWalk(value);
      if (!window.hasHeader(0) || name === 'a tag of several bytes') continue;
      const [tag = 0] = value;
      assert.throws(() => window.endOf(0, tag, value.length), DerError, name);
    }
  });

  it('waits for a header that is not all there', () => {
    for (const input of ['', '30', '30 82', '30 82 01'])
      assert.equal(new DerWalk(bytes(input)).hasHeader(0), false, input);
    for (const input of ['30 00', '30 82 01 00'])
      assert.equal(new DerWalk(bytes(input)).hasHeader(0), true, input);
  });

  it('gives the end of a value that reaches beyond its window', () => {
    const window = new DerWalk(bytes('30 82 01 00'));
    assert.equal(window.endOf(0, tags.sequence, Infinity), 260);
    assert.throws(() => window.endOf(0, tags.sequence, 259), DerError);
    assert.throws(() => window.endOf(0, tags.set, 260), DerError);
  });
});
