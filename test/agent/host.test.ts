/** The real host: what it is made of, and what is refused. */

import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { it, suite } from 'node:test';
import { type HostOptions, createHost } from '../../agent/host.ts';
import { parseHostPort } from '../../agent/host-port.ts';
import { platformOf } from '../../agent/platform.ts';
import { parseRegQuery } from '../../agent/winhttp-settings.ts';

const options: HostOptions = {
  env: {},
  platform: 'linux',
  connectTimeoutMs: 1000,
  requestTimeoutMs: 1000,
  resolve: [],
  connectTo: [],
  proxy: 'none',
  trustStores: [],
};

suite('the host', () => {
  it('has a name, a platform and clocks', async () => {
    const host = await createHost(options);
    assert.equal(host.name, hostname());
    assert.equal(host.platform, 'linux');
    assert.ok(Math.abs(host.now().getTime() - Date.now()) < 1000);
    assert.ok(host.elapsed() <= host.elapsed());
  });

  it('has the stores that are named, each once', async () => {
    const trustStores = [import.meta.dirname, import.meta.dirname];
    const host = await createHost({ ...options, trustStores });
    assert.equal((await host.trustStores()).length, 1);
  });

  const wrong: Readonly<Record<string, readonly [Partial<HostOptions>, string]>> = {
    'a store that is not there': [{ trustStores: ['/nowhere'] }, 'trust-store-unreadable'],
    'a store that is a device': [{ trustStores: ['/dev/null'] }, 'trust-store-unreadable'],
    'a proxy by another protocol': [{ proxy: 'socks5://127.0.0.1' }, 'usage'],
    "a wrong proxy in the environment's variable": [
      { proxy: 'system', env: { http_proxy: 'gopher://x' } },
      'usage',
    ],
  };
  for (const [name, [change, code]] of Object.entries(wrong))
    it(`is not made with ${name}`, async () => {
      await assert.rejects(createHost({ ...options, ...change }), { code });
    });

  it("is of one of the report's platforms", () => {
    assert.deepEqual((['linux', 'win32', 'darwin', 'freebsd'] as const).map(platformOf), [
      'linux',
      'win32',
      'darwin',
      'other',
    ]);
  });
});

suite('what reg.exe prints of the WinHTTP setting', () => {
  const prints: Readonly<Record<string, readonly [text: string, hex: string | undefined]>> = {
    'a value': [
      '\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\x\r\n    WinHttpSettings    REG_BINARY    2800000000\r\n\r\n',
      '2800000000',
    ],
    'another type': ['    WinHttpSettings    REG_SZ    2800\r\n', undefined],
    'half a byte': ['    WinHttpSettings    REG_BINARY    280\r\n', undefined],
    nothing: ['', undefined],
  };
  for (const [name, [text, hex]] of Object.entries(prints))
    it(name, () => {
      const bytes = parseRegQuery(text);
      assert.equal(bytes && Buffer.from(bytes).toString('hex'), hex);
    });
});

suite('HOST[:PORT]', () => {
  const texts: Readonly<Record<string, string | undefined>> = {
    'mx.example.org': 'mx.example.org 25',
    'mx.example.org:587': 'mx.example.org 587',
    'MX.example.org.': 'MX.example.org. 25',
    localhost: 'localhost 25',
    'bücher.example': 'bücher.example 25',
    '192.0.2.1:26': '192.0.2.1 26',
    '[2001:db8::1]': '2001:db8::1 25',
    '[2001:db8::1]:26': '2001:db8::1 26',
    '2001:db8::1': undefined,
    '[192.0.2.1]': undefined,
    '192.0.2': undefined,
    '256.0.0.1': undefined,
    'mx.example.org:': undefined,
    'mx.example.org:0': undefined,
    'mx.example.org:65536': undefined,
    'mx..example.org': undefined,
    '-mx.example.org': undefined,
    'mx.example.org/x': undefined,
    'user@mx.example.org': undefined,
    ' mx': undefined,
    '': undefined,
    [`${'a'.repeat(64)}.org`]: undefined,
    ['a.'.repeat(127) + 'org']: undefined,
  };
  for (const [text, expected] of Object.entries(texts))
    it(JSON.stringify(text), () => {
      const parsed = parseHostPort(text, 25);
      assert.equal(parsed && `${parsed.host} ${parsed.port}`, expected);
    });
});
