import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseNoProxy, parseWinHttpBypass } from '../../checks/net/no-proxy.ts';
import {
  fixedProxy,
  parseProxy,
  proxyFor,
  proxySettings,
  systemProxy,
} from '../../checks/net/proxy.ts';
import { parseWinHttpSettings } from '../../checks/net/winhttp.ts';
import { winHttpBlob } from './winhttp-blob.ts';

const at = (hostPort: string): { host: string; port: number } => {
  const [, host = '', port = '80'] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(hostPort) ?? [];
  return { host, port: Number(port) };
};

describe("a proxy's URL", () => {
  for (const [text, host, port, credentials] of [
    ['http://proxy.test:3128', 'proxy.test', 3128, undefined],
    ['HTTP://Proxy.test/', 'proxy.test', 80, undefined],
    ['proxy.test:8080', 'proxy.test', 8080, undefined],
    ['http://[2001:db8::1]:3128', '2001:db8::1', 3128, undefined],
    ['http://probe:p%40ss%3Aw%2Frd@proxy.test:1', 'proxy.test', 1, 'probe:p@ss:w/rd'],
    ['user@proxy.test:1', 'proxy.test', 1, 'user:'],
    ['http://j%C3%BCrgen:x@proxy.test:1', 'proxy.test', 1, 'jürgen:x'],
  ] as const)
    it(`reads ${text}`, () => {
      const proxy = parseProxy(text);
      assert.deepEqual([proxy.host, proxy.port], [host, port]);
      const basic = proxy.authorization?.().replace(/^Basic /, '');
      assert.equal(basic && Buffer.from(basic, 'base64').toString(), credentials);
      if (credentials) assert.doesNotMatch(JSON.stringify(proxy), /Basic/);
    });

  for (const text of [
    '',
    'http://',
    'socks5://user:secret@proxy.test',
    'https://user:secret@proxy.test',
    'http://user:secret@proxy.test:99999',
    'http://user:secret@proxy.test/path',
    'http://user:secret%zz@proxy.test',
    'http://user:se/cret@proxy.test',
  ])
    it(`rejects "${text}" in one line without its credentials`, () => {
      assert.throws(
        () => parseProxy(text),
        (error: Error) => {
          assert.match(error.message, /expected http:\/\/\[USER:PASSWORD@\]HOST:PORT$/);
          assert.doesNotMatch(error.message, /se\/?cret|\n/);
          return true;
        },
      );
    });
});

describe('NO_PROXY', () => {
  for (const [list, matching, other] of [
    ['*', ['a.test', '192.0.2.1'], []],
    ['lab.test', ['lab.test', 'crl.lab.test', 'CRL.LAB.TEST.'], ['xlab.test', 'lab.test.org']],
    ['.lab.test', ['crl.lab.test', 'lab.test'], ['xlab.test']],
    ['*.lab.test', ['crl.lab.test'], ['xlab.test']],
    ['lab.test:8080', ['crl.lab.test:8080'], ['crl.lab.test']],
    ['a.test, b.test c.test', ['a.test', 'b.test', 'c.test'], ['d.test']],
    ['192.0.2.1', ['192.0.2.1'], ['192.0.2.10', '1.192.0.2']],
    ['10.0.0.0/8,192.0.2.128/25', ['10.9.8.7', '192.0.2.200'], ['11.0.0.1', '192.0.2.1', 'a.test']],
    ['2001:db8::/32', ['[2001:db8:1::1]:80'], ['[2001:db9::1]:80', '32.1.13.184']],
    ['[2001:db8::1]:80', ['[2001:db8::1]:80'], ['[2001:db8::1]:81']],
    ['2001:0db8::0001', ['[2001:db8::1]:80'], []],
    ['10.0.0.0/33,/,:,.,[', [], ['10.0.0.0', 'a.test', '']],
    ['', [], ['a.test', '']],
  ] as const)
    it(`"${list}"`, () => {
      const bypass = parseNoProxy(list);
      for (const host of matching) assert.equal(bypass(at(host)), true, host);
      for (const host of other) assert.equal(bypass(at(host)), false, host);
    });
});

describe("WinHTTP's bypass list", () => {
  for (const [list, matching, other] of [
    ['<local>', ['mail'], ['mail.test', '[::1]:80']],
    ['*.lab.test;10.*', ['crl.lab.test', '10.1.2.3'], ['lab.test', '110.1.2.3']],
    ['lab.test', ['lab.test', 'LAB.test'], ['crl.lab.test']],
    ['http://crl*.lab.test:8080', ['crl1.lab.test:8080'], ['crl1.lab.test']],
    ['*a*b*', ['xaxbx', 'ab'], ['ba']],
    ['ab*ba', ['abba', 'ab.ba'], ['aba']],
    ['*', ['a.test'], []],
    ['[2001:db8::*]', ['[2001:db8::1]:80'], []],
  ] as const)
    it(`"${list}"`, () => {
      const bypass = parseWinHttpBypass(list);
      for (const host of matching) assert.equal(bypass(at(host)), true, host);
      for (const host of other) assert.equal(bypass(at(host)), false, host);
    });
});

describe("WinHTTP's setting", () => {
  it('is read', () => {
    assert.deepEqual(
      parseWinHttpSettings(winHttpBlob(3, 'proxy.test:8080', '<local>;*.lab.test')),
      {
        proxy: 'proxy.test:8080',
        bypass: '<local>;*.lab.test',
      },
    );
    assert.deepEqual(parseWinHttpSettings(winHttpBlob(1, 'proxy.test:8080')), { bypass: '' });
    assert.deepEqual(parseWinHttpSettings(winHttpBlob(1).subarray(0, 12)), { bypass: '' });
    assert.deepEqual(parseWinHttpSettings(Buffer.concat([winHttpBlob(1), Buffer.alloc(8)])), {
      bypass: '',
    });
  });

  it('is rejected where it is no such value', () => {
    const whole = winHttpBlob(3, 'proxy.test:8080', '<local>');
    for (let length = 0; length < whole.length; length++)
      if (length !== 12 && length !== 31)
        assert.throws(
          () => parseWinHttpSettings(whole.subarray(0, length)),
          /^Error: WinHttpSettings: /,
        );
    assert.throws(() => parseWinHttpSettings(Buffer.alloc(20, 0xff)), /^Error: WinHttpSettings: /);
  });
});

describe('the proxy of a request', () => {
  const crl = { host: 'crl.test', port: 80 };
  const shown = (settings: ReturnType<typeof systemProxy>, target = crl) =>
    (['http', 'https'] as const).map((scheme) => proxyFor(settings, scheme, target)?.host);
  const env = (environment: Record<string, string>) =>
    shown(systemProxy({ platform: 'linux', environment }));

  for (const [environment, expected] of [
    [{}, [undefined, undefined]],
    [{ http_proxy: 'http://a:1' }, ['a', undefined]],
    [{ HTTP_PROXY: 'http://a:1', HTTPS_PROXY: 'b:2' }, ['a', 'b']],
    [{ http_proxy: 'http://a:1', HTTP_PROXY: 'http://b:1' }, ['a', undefined]],
    [{ http_proxy: '', HTTP_PROXY: 'http://b:1' }, [undefined, undefined]],
    [{ all_proxy: 'http://a:1' }, ['a', 'a']],
    [{ ALL_PROXY: 'http://a:1', https_proxy: 'b:2' }, ['a', 'b']],
    [{ http_proxy: 'http://a:1', no_proxy: 'crl.test' }, [undefined, undefined]],
    [{ http_proxy: 'http://a:1', NO_PROXY: '*' }, [undefined, undefined]],
  ] as const)
    it(`by ${JSON.stringify(environment)}`, () =>
      assert.deepEqual(env({ ...environment }), expected));

  it('names the variable that is wrong, not what it holds', () => {
    assert.throws(
      () => env({ HTTPS_PROXY: 'socks5://u:secret@a' }),
      (error: Error) => error.message.includes('HTTPS_PROXY') && !error.message.includes('secret'),
    );
  });

  it('by WinHTTP, only on Windows and only where no variable is set', () => {
    const winHttpSettings = winHttpBlob(3, 'http=a:1;https=b:2', '<local>');
    const of = (platform: 'win32' | 'linux', environment = {}) =>
      shown(systemProxy({ platform, environment, winHttpSettings }));
    assert.deepEqual(of('win32'), ['a', 'b']);
    assert.deepEqual(of('linux'), [undefined, undefined]);
    assert.deepEqual(of('win32', { http_proxy: 'c:1' }), ['c', undefined]);
    const one = systemProxy({
      platform: 'win32',
      environment: {},
      winHttpSettings: winHttpBlob(3, 'a:8080', '*.test'),
    });
    assert.deepEqual(shown(one), [undefined, undefined]);
    assert.deepEqual(shown(one, { host: 'crl.example', port: 80 }), ['a', 'a']);
  });

  it('by the option', () => {
    const sources = {
      platform: 'linux',
      environment: { http_proxy: 'a:1', no_proxy: '*' },
    } as const;
    assert.deepEqual(shown(proxySettings('none', sources)), [undefined, undefined]);
    assert.deepEqual(shown(proxySettings('system', sources)), [undefined, undefined]);
    assert.deepEqual(shown(proxySettings('http://b:1', sources)), ['b', 'b']);
  });

  it('is none for mail', () => {
    for (const port of [25, 465, 587])
      assert.equal(proxyFor(fixedProxy('a:1'), 'http', { host: 'mx.test', port }), undefined);
  });
});
