import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readServerFlight } from '../../checks/net/tls-flight.ts';

const record = (type: number, ...payload: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(payload);
  return Buffer.concat([Buffer.of(type, 3, 3, body.length >> 8, body.length & 0xff), body]);
};
const message = (type: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.of(type, 0, body.length >> 8, body.length & 0xff), body]);
const hello = (version: number, extensions = Buffer.alloc(0)): Buffer =>
  message(
    2,
    Buffer.concat([
      Buffer.of(3, version),
      Buffer.alloc(32, 7),
      Buffer.of(0, 0x13, 1, 0, 0, extensions.length),
      extensions,
    ]),
  );
const certificate = Buffer.from('3003020101', 'hex');
const certificates = message(11, Buffer.concat([Buffer.of(0, 0, 8, 0, 0, 5), certificate]));

describe('a server’s flight', () => {
  it('may break messages over records anywhere', () => {
    const bytes = Buffer.concat([hello(3), certificates]);
    for (let cut = 1; cut < bytes.length; cut++) {
      const flight = readServerFlight(
        Buffer.concat([record(22, bytes.subarray(0, cut)), record(22, bytes.subarray(cut))]),
      );
      assert.equal(flight.version, 'TLSv1.2');
      assert.deepEqual(
        flight.certificates?.map((der) => Buffer.from(der)),
        [certificate],
      );
    }
  });

  it('of TLS 1.3 without its secret shows the version alone', () => {
    const supported = Buffer.of(0, 43, 0, 2, 3, 4);
    const flight = readServerFlight(record(22, hello(3, supported), certificates));
    assert.deepEqual(flight, { notTls: false, version: 'TLSv1.3' });
  });

  it('of TLS 1.3 with a wrong secret shows no certificates', () => {
    const bytes = Buffer.concat([
      record(22, hello(3, Buffer.of(0, 43, 0, 2, 3, 4))),
      record(20, Buffer.of(1)),
      record(23, Buffer.alloc(100, 1)),
    ]);
    const flight = readServerFlight(bytes, Buffer.alloc(32, 2));
    assert.equal(flight.certificates, undefined);
  });

  const shapes: readonly [name: string, bytes: Buffer, expected: object][] = [
    ['nothing', Buffer.alloc(0), { notTls: false }],
    ['text', Buffer.from('HTTP/1.1 400'), { notTls: true }],
    ['a record of an unknown version', Buffer.of(22, 9, 9), { notTls: true }],
    ['a record cut short', record(22, hello(3)).subarray(0, 20), { notTls: false }],
    ['SSL 3.0', record(22, hello(0)), { notTls: false }],
    ['TLS 1.1', record(22, hello(2)), { notTls: false, version: 'TLSv1.1' }],
    ['an alert', record(21, Buffer.of(2, 70)), { notTls: false, alert: 70 }],
    [
      'an alert after the hello',
      Buffer.concat([record(22, hello(1)), record(21, Buffer.of(2, 40))]),
      { notTls: false, version: 'TLSv1', alert: 40 },
    ],
    [
      'a certificate that runs past its message',
      record(22, hello(3), message(11, Buffer.of(0, 0, 8, 0, 0, 99))),
      { notTls: false, version: 'TLSv1.2' },
    ],
    ['a hello of ten bytes', record(22, message(2, Buffer.alloc(10))), { notTls: false }],
  ];
  for (const [name, bytes, expected] of shapes)
    it(`of ${name}`, () => {
      assert.deepEqual(readServerFlight(bytes), expected);
    });

  it('of random bytes ends', () => {
    let seed = 0xf117;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return (seed >>> 8) % below;
    };
    const good = Buffer.concat([
      record(22, hello(3), certificates),
      record(22, message(14, Buffer.alloc(0))),
    ]);
    for (let round = 0; round < 5000; round++) {
      const bytes = Buffer.from(good);
      for (let edits = 1 + random(4); edits > 0; edits--)
        bytes.writeUInt8(random(256), random(bytes.length));
      const flight = readServerFlight(bytes, Buffer.alloc(32, round & 0xff));
      assert.equal(typeof flight.notTls, 'boolean');
    }
  });
});
