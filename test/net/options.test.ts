import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  connectTarget,
  overriddenAddresses,
  parseConnectTo,
  parseResolve,
} from '../../checks/net/options.ts';

describe('--resolve', () => {
  for (const [text, host, port, addresses] of [
    ['crl.test:80:192.0.2.1', 'crl.test', 80, ['192.0.2.1']],
    ['CRL.test.:80:192.0.2.1,[2001:db8::1]', 'crl.test', 80, ['192.0.2.1', '2001:db8::1']],
    ['crl.test:80:2001:db8::1', 'crl.test', 80, ['2001:db8::1']],
    ['[2001:db8::2]:80:[2001:db8::1]', '2001:db8::2', 80, ['2001:db8::1']],
    ['*:443:192.0.2.1', '*', 443, ['192.0.2.1']],
    ['+crl.test:80:192.0.2.1', 'crl.test', 80, ['192.0.2.1']],
  ] as const)
    it(`reads ${text}`, () => {
      const override = parseResolve(text);
      assert.equal(override.host, host);
      assert.equal(override.port, port);
      assert.deepEqual(
        override.addresses.map(({ address }) => address),
        addresses,
      );
    });

  for (const text of [
    '',
    'crl.test',
    'crl.test:80',
    'crl.test:80:',
    'crl.test:0:192.0.2.1',
    'crl.test:65536:192.0.2.1',
    'crl.test:http:192.0.2.1',
    'crl test:80:192.0.2.1',
    ':80:192.0.2.1',
    'crl.test:80:other.test',
    'crl.test:80:192.0.2.1,',
    'crl.test:80:[2001:db8::1',
    '-crl.test:80',
  ])
    it(`rejects "${text}" in one line`, () => {
      assert.throws(
        () => parseResolve(text),
        (error: Error) => {
          assert.match(error.message, /expected HOST:PORT:ADDRESS/);
          assert.doesNotMatch(error.message, /\n/);
          return true;
        },
      );
    });

  it('takes the last entry of a host, and * where it has none', () => {
    const overrides = [
      '*:80:192.0.2.9',
      'crl.test:80:192.0.2.1',
      'crl.test:80:192.0.2.2',
      'crl.test:81:192.0.2.3',
    ].map(parseResolve);
    const at = (host: string, port: number) =>
      overriddenAddresses({ host, port }, overrides)?.map(({ address }) => address);
    assert.deepEqual(at('crl.test', 80), ['192.0.2.2']);
    assert.deepEqual(at('CRL.TEST.', 80), ['192.0.2.2']);
    assert.deepEqual(at('ocsp.test', 80), ['192.0.2.9']);
    assert.equal(at('ocsp.test', 81), undefined);
  });
});

describe('--connect-to', () => {
  for (const [text, rule] of [
    ['a.test:80:b.test:8080', { fromHost: 'a.test', fromPort: 80, toHost: 'b.test', toPort: 8080 }],
    ['::127.0.0.1:8080', { toHost: '127.0.0.1', toPort: 8080 }],
    ['A.test::[::1]:', { fromHost: 'a.test', toHost: '::1' }],
    ['[::1]:80::81', { fromHost: '::1', fromPort: 80, toPort: 81 }],
    [':::', {}],
  ] as const)
    it(`reads ${text}`, () => assert.deepEqual(parseConnectTo(text), rule));

  for (const text of [
    '',
    'a.test:80',
    'a.test:80:b.test',
    'a.test:x:b.test:1',
    'a b:1:c:2',
    'a:1:b:2:3',
  ])
    it(`rejects "${text}" in one line`, () => {
      assert.throws(
        () => parseConnectTo(text),
        /^Error: [^\n]*expected HOST1:PORT1:HOST2:PORT2[^\n]*$/,
      );
    });

  it('goes by the first rule that matches', () => {
    const rules = ['a.test:80:b.test:', 'a.test::c.test:', '::d.test:1'].map(parseConnectTo);
    const to = (host: string, port: number) => connectTarget({ host, port }, rules);
    assert.deepEqual(to('A.test', 80), { host: 'b.test', port: 80 });
    assert.deepEqual(to('a.test', 81), { host: 'c.test', port: 81 });
    assert.deepEqual(to('e.test', 81), { host: 'd.test', port: 1 });
    assert.equal(connectTarget({ host: 'e.test', port: 80 }, rules.slice(0, 2)), undefined);
  });
});
