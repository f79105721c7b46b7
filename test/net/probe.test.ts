import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parseAddress } from '../../checks/net/address.ts';
import { connectAny, interleave } from '../../checks/net/connect.ts';
import { createDialer } from '../../checks/net/dial.ts';
import type { ProbeResult } from '../../checks/types.ts';
import { inNamespace, namespacesLack } from './namespace.ts';
import { type LoopbackServer, network, networkOptions, serve, steady } from './servers.ts';

const addressesOf = (...texts: readonly string[]) =>
  texts.map((text) => parseAddress(text) ?? assert.fail(text));

const shown = ({ findings }: ProbeResult): string[] =>
  findings.map(
    ({ code, target, severity }) => `${code}:${target}${severity ? `:${severity}` : ''}`,
  );

describe('a probe', () => {
  let server: LoopbackServer;
  before(async () => {
    server = await serve(() => undefined);
  });
  after(() => server.close());

  const probe = (...addresses: readonly string[]): Promise<ProbeResult> =>
    network({
      resolve: [
        { host: 'ca.test', port: 80, addresses: addressesOf('192.0.2.1') },
        { host: 'ca.test', port: server.port, addresses: addressesOf(...addresses) },
      ],
    }).probe({ host: 'ca.test', port: server.port }, steady());

  it('of an address that answers finds nothing', async () => {
    const result = await probe('127.0.0.1');
    assert.deepEqual(shown(result), []);
    assert.deepEqual(
      result.stages.map(({ name, detail }) => [name, detail]),
      [['connect', '127.0.0.1']],
    );
    assert.equal(result.addresses[0]?.code, undefined);
  });

  it('of a closed port is connect-refused, the address in the evidence', async () => {
    const result = await probe('127.0.0.2');
    assert.deepEqual(shown(result), [`connect-refused:ca.test:${server.port}`]);
    const evidence = result.findings[0]?.evidence;
    assert.deepEqual(evidence?.['addresses'], ['127.0.0.2']);
    assert.equal(evidence['address'], '127.0.0.2');
    assert.equal(evidence['port'], server.port);
    assert.equal(evidence['error'], 'ECONNREFUSED');
    assert.equal(evidence['localAddress'], '127.0.0.1');
  });

  it('of one dead address of several is a warning', async () => {
    const result = await probe('127.0.0.2', '127.0.0.1');
    assert.deepEqual(shown(result), [`connect-refused:ca.test:${server.port}:warning`]);
    assert.deepEqual(
      result.addresses.map(({ address, code }) => [address, code]),
      [
        ['127.0.0.2', 'connect-refused'],
        ['127.0.0.1', undefined],
      ],
    );
    const results = result.findings[0]?.evidence['results'] as {
      address: string;
      result: string;
    }[];
    assert.deepEqual(
      results.map(({ address, result: text }) => `${address} ${text}`),
      ['127.0.0.2 connect-refused', '127.0.0.1 ok'],
    );
  });

  it('is IPv4’s code as a warning where only IPv6 lives, and critical where nothing does', async () => {
    const six = await serve(() => undefined, '::1', server.port);
    assert.deepEqual(shown(await probe('127.0.0.2', '::1')), [
      `connect-refused:ca.test:${server.port}:warning`,
    ]);
    await six.close();
    assert.deepEqual(shown(await probe('127.0.0.2', '::1')), [
      `connect-refused:ca.test:${server.port}`,
    ]);
    assert.deepEqual(shown(await probe('::1')), [`connect-refused:ca.test:${server.port}`]);
  });

  it('says nothing of IPv6 where this host has none', async () => {
    assert.deepEqual(shown(await probe('127.0.0.1', '::1')), []);
  });

  it('of an address without a route is connect-unreachable', async () => {
    assert.deepEqual(shown(await probe('255.255.255.255')), [
      `connect-unreachable:ca.test:${server.port}`,
    ]);
  });

  it('leaves no connection open', async () => {
    let ended: () => void = () => undefined;
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const own = await serve((socket) => socket.resume().once('close', ended));
    await network().probe({ host: '127.0.0.1', port: own.port }, steady());
    await end;
    await own.close();
  });
});

const skip = await namespacesLack();

const script = (body: string, connectTimeoutMs = 1500): string => `
  import { createNetwork } from './checks/net/network.ts';
  import { parseResolve } from './checks/net/options.ts';
  import { createServer } from 'node:net';
  const listening = (address, port = 80) => new Promise((resolve) => {
    const server = createServer((socket) => socket.on('error', () => {}).resume().end());
    server.listen(port, address, () => resolve(server));
  });
  const network = createNetwork({ platform: 'linux', hostName: 'mx', elapsed: () => performance.now(),
    now: () => new Date(), connectTimeoutMs: ${connectTimeoutMs}, requestTimeoutMs: ${2 * connectTimeoutMs}, connectTo: [],
    proxy: { bypass: () => false }, resolve: ['ca.test:80:' + ADDRESSES].map(parseResolve) });
  const started = performance.now();
  ${body}
`;
const probeScript = (addresses: string, listen: readonly string[]): string =>
  `const ADDRESSES = ${JSON.stringify(addresses)};` +
  script(`
  const servers = await Promise.all(${JSON.stringify(listen)}.map((address) => listening(address)));
  const result = await network.probe({ host: 'ca.test', port: 80 }, new AbortController().signal);
  for (const server of servers) server.close();
  console.log(JSON.stringify({ ...result, elapsedMs: performance.now() - started }));
`);

/** A cable with nobody at its other end swallows what is sent on it, as a firewall does that drops. */
const cable = (name: string): string[] => [
  `link add ${name} type veth peer name ${name}-end`,
  `link set ${name} up`,
  `link set ${name}-end up`,
];

describe('a probe through a silent network', { skip, concurrency: 4 }, () => {
  const silent4 = [...cable('d0'), 'addr add 10.9.0.1/24 dev d0'];
  const silent6 = [...cable('d6'), 'addr add 2001:db8:9::1/64 dev d6 nodad'];

  for (const [name, setup, addresses, listen, expected] of [
    ['IPv4 silent', silent4, '10.9.0.99', [], ['connect-timeout:ca.test:80']],
    [
      'IPv6 silent, IPv4 living',
      silent6,
      '127.0.0.1,2001:db8:9::99',
      ['127.0.0.1'],
      ['ipv6-unreachable:ca.test:80:warning'],
    ],
    [
      'IPv6 silent, IPv4 living, no global address',
      [
        ...silent6,
        'addr del 2001:db8:9::1/64 dev d6',
        'addr add fd00::1/64 dev d6 nodad',
        '-6 route add default dev d6',
      ],
      '127.0.0.1,2001:db8:9::99',
      ['127.0.0.1'],
      [],
    ],
    ['no IPv6 at all', [], '127.0.0.1,2001:db8:9::99', ['127.0.0.1'], []],
    [
      'both silent',
      [...silent4, ...silent6],
      '10.9.0.99,2001:db8:9::99',
      [],
      ['connect-timeout:ca.test:80'],
    ],
    [
      'IPv4 silent, IPv6 living',
      silent4,
      '10.9.0.99,::1',
      ['::1'],
      ['connect-timeout:ca.test:80:warning'],
    ],
    [
      'some of each silent',
      [...silent4, ...silent6],
      '127.0.0.1,10.9.0.99,::1,2001:db8:9::99',
      ['127.0.0.1', '::1'],
      ['connect-timeout:ca.test:80:warning'],
    ],
    [
      'a route that is prohibited',
      ['route add prohibit 10.9.0.0/24'],
      '10.9.0.99',
      [],
      ['connect-unreachable:ca.test:80'],
    ],
    [
      'a black hole',
      ['route add blackhole 10.9.0.0/24'],
      '10.9.0.99',
      [],
      ['connect-unreachable:ca.test:80'],
    ],
    ['no route', [], '10.9.0.99', [], ['connect-unreachable:ca.test:80']],
    [
      'ten silent addresses',
      silent4,
      Array.from({ length: 10 }, (_, index) => `10.9.0.${index + 90}`).join(','),
      [],
      ['connect-timeout:ca.test:80'],
    ],
  ] as const)
    it(name, async () => {
      const result = (await inNamespace(setup, probeScript(addresses, listen))) as ProbeResult & {
        elapsedMs: number;
      };
      assert.deepEqual(shown(result), expected);
      assert.ok(result.elapsedMs < 15_000, `took ${result.elapsedMs} ms`);
    });
});

describe('a dialler', () => {
  it('takes the families in turn', () => {
    const addresses = addressesOf('::1', '::2', '::3', '127.0.0.1');
    assert.deepEqual(
      interleave(addresses).map(({ address }) => address),
      ['::1', '127.0.0.1', '::2', '::3'],
    );
    assert.deepEqual(interleave([]), []);
  });

  it('connects past dead addresses', async () => {
    const server = await serve(() => undefined);
    const outcome = await connectAny(addressesOf('127.0.0.2', '::1', '127.0.0.1'), {
      port: server.port,
      budgetMs: 20_000,
      elapsed: () => performance.now(),
      signal: steady(),
    });
    assert.equal(outcome.value?.address.address, '127.0.0.1');
    outcome.value.socket.destroy();
    await server.close();
  });

  it('goes where --connect-to leads, and names what was asked for', async () => {
    const dialer = createDialer(
      networkOptions({ connectTo: [{ fromHost: 'mx.test', toHost: '127.0.0.1', toPort: 1 }] }),
    );
    const dialled = await dialer.dial({ host: 'mx.test', port: 25 }, { signal: steady() });
    assert.equal(dialled.finding?.code, 'connect-refused');
    assert.equal(dialled.finding.target, 'mx.test:25');
    assert.equal(dialled.finding.evidence['port'], 1);
    assert.deepEqual(
      dialled.stages.map(({ name }) => name),
      ['connect'],
    );
  });

  it('dials past a silent address', { skip }, async () => {
    const body = `const ADDRESSES = '10.9.0.98,10.9.0.99,127.0.0.1';${script(
      `
      const server = await listening('127.0.0.1');
      const result = await network.fetch({ url: 'http://ca.test/', limit: 9, open: () => ({ write() {} }) }, new AbortController().signal);
      server.close();
      console.log(JSON.stringify({ code: result.finding.code, address: result.address }));`,
      20_000,
    )}`;
    const setup = [...cable('d0'), 'addr add 10.9.0.1/24 dev d0'];
    assert.deepEqual(await inNamespace(setup, body), {
      code: 'response-truncated',
      address: '127.0.0.1',
    });
  });
});
