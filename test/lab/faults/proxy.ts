/** Faults of proxies: squid in the firewall, asked by name, so that the family decides how it is reached. */

import { firewall, ipv4, ipv6 } from '../addresses.ts';
import { portOf } from '../fault-server.ts';
import { proxyPorts } from '../services/proxies.ts';
import { type Fault, crl, forward } from './fault.ts';

const single = ['ipv4', 'ipv6'] as const;

const proxyAt = (port: number): string => `http://proxy.lab.test:${port}`;
const through =
  (url: string): (() => readonly string[]) =>
  () => ['--proxy', url];

/** Faults that only the option `--proxy` makes. */
const asked = (rows: readonly (readonly [string, string, Fault['gaps']])[]): readonly Fault[] =>
  rows.map(([name, url, gaps]) => ({ name, options: through(url), families: single, gaps }));

const good = 'http://probe:p%40ss%3Aw%2Frd@proxy.lab.test:3129';
const bad = 'http://probe:wrong@proxy.lab.test:3129';

const policies = asked([
  ['through a proxy', proxyAt(proxyPorts.open), []],
  ['no proxy on that port', proxyAt(9), ['proxy-unreachable:proxy.lab.test:9']],
  [
    'the name of the proxy does not exist',
    'http://nowhere.lab.test:3128',
    ['proxy-unreachable:nowhere.lab.test:3128'],
  ],
  [
    'proxy wants a password',
    proxyAt(proxyPorts.password),
    ['proxy-auth-required:proxy.lab.test:3129'],
  ],
  ['proxy refuses the password', bad, ['proxy-auth-required:proxy.lab.test:3129']],
  ['proxy with the password', good, []],
  ['proxy denies a host', proxyAt(proxyPorts.denying), [`proxy-denied:${crl}`]],
  ['parent proxy with the password', proxyAt(proxyPorts.child), []],
]);

const rejectOrigin = `reject with tcp reset`;

const broken: readonly Fault[] = [
  {
    name: 'proxy dropped by a firewall',
    make: (lab) => lab.nft('fw', `add rule inet lab input tcp dport ${proxyPorts.open} drop`),
    options: through(proxyAt(proxyPorts.open)),
    families: single,
    gaps: ['proxy-unreachable:proxy.lab.test:3128'],
  },
  {
    name: 'proxy cannot reach the origin',
    make: (lab) =>
      lab.nft(
        'fw',
        `add rule inet lab output ip daddr ${ipv4('crl')} tcp dport 80 ${rejectOrigin}
add rule inet lab output ip6 daddr ${ipv6('crl')} tcp dport 80 ${rejectOrigin}`,
      ),
    options: through(proxyAt(proxyPorts.open)),
    families: single,
    gaps: [`proxy-error:${crl}`],
  },
  {
    name: 'the origin hangs up on the proxy',
    make: (lab) => {
      const port = portOf('closed-after-request');
      return lab.nft(
        'fw',
        `add chain inet lab translate { type nat hook output priority -100; }
add rule inet lab translate ip daddr ${ipv4('crl')} tcp dport 80 dnat ip to ${ipv4('block')}:${port}
add rule inet lab translate ip6 daddr ${ipv6('crl')} tcp dport 80 dnat ip6 to [${ipv6('block')}]:${port}`,
      );
    },
    options: through(proxyAt(proxyPorts.open)),
    families: single,
    gaps: [`proxy-error:${crl}`],
  },
  {
    name: 'proxy gives up waiting for the origin',
    make: (lab) =>
      lab.nft(
        'fw',
        `add rule inet lab output ip daddr ${ipv4('crl')} drop
add rule inet lab output ip6 daddr ${ipv6('crl')} drop`,
      ),
    options: through(proxyAt(proxyPorts.open)),
    families: single,
    patient: true,
    gaps: [`proxy-error:${crl}`],
  },
  {
    name: 'proxy cannot resolve the origin',
    options: through(proxyAt(proxyPorts.open)),
    endpoints: ['nx.lab.test'],
    families: single,
    gaps: ['proxy-error:nx.lab.test:80'],
  },
  {
    name: 'parent proxy without the password',
    options: through(proxyAt(proxyPorts.childWithoutPassword)),
    families: single,
    gaps: ['proxy-auth-required:proxy.lab.test:3141'],
  },
  {
    name: 'CONNECT refused',
    options: through(proxyAt(proxyPorts.noConnect)),
    aiaUrl: 'https://secure.lab.test/inter.crt',
    families: single,
    gaps: ['proxy-denied:secure.lab.test:443'],
  },
];

/** By address, since there is no DNS for outside names. */
const noDns: readonly Fault[] = single.map((family) => {
  const host = family === 'ipv4' ? firewall.ipv4 : `[${firewall.ipv6}]`;
  return {
    name: `through a proxy, no resolver, proxy at ${family}`,
    resolvers: () => [],
    options: through(`http://${host}:${proxyPorts.open}`),
    families: ['both'],
    gaps: [],
  };
});

const nowhere = `http://${firewall.ipv4}:9`;
const somewhere = `http://${firewall.ipv4}:${proxyPorts.open}`;

/** What the environment says; without a resolver, only a proxy can do it. */
const surroundings = (
  rows: readonly (readonly [string, Readonly<Record<string, string>>, Fault['gaps']])[],
): readonly Fault[] =>
  rows.map(([name, environment, gaps]) => ({
    name,
    environment,
    options: () => ['--proxy', 'system'],
    ...(!('NO_PROXY' in environment || 'no_proxy' in environment) && { resolvers: () => [] }),
    families: ['both'],
    gaps,
  }));

const environments = surroundings([
  ['http_proxy', { http_proxy: somewhere }, []],
  ['HTTP_PROXY', { HTTP_PROXY: somewhere }, []],
  ['ALL_PROXY', { ALL_PROXY: somewhere }, []],
  ['http_proxy wins over ALL_PROXY', { http_proxy: somewhere, ALL_PROXY: nowhere }, []],
  ['a wrong http_proxy', { http_proxy: nowhere }, [`proxy-unreachable:${firewall.ipv4}:9`]],
  ['https_proxy is not for http', { https_proxy: nowhere }, ['dns-failure:none']],
  ['NO_PROXY names the domain', { http_proxy: nowhere, NO_PROXY: '.lab.test' }, []],
  [
    'no_proxy names each host',
    { http_proxy: nowhere, no_proxy: 'crl.lab.test,secure.lab.test:80 ocsp.lab.test' },
    [],
  ],
  ['NO_PROXY is *', { http_proxy: nowhere, NO_PROXY: '*' }, []],
  [
    'NO_PROXY names one host',
    { http_proxy: nowhere, NO_PROXY: 'crl.lab.test' },
    [`proxy-unreachable:${firewall.ipv4}:9`],
  ],
]);

export const proxyFaults: readonly Fault[] = [
  ...policies,
  ...broken,
  ...noDns,
  ...environments,
  {
    name: 'the proxy reaches what a firewall drops',
    make: forward('tcp dport 80 drop'),
    options: through(proxyAt(proxyPorts.open)),
    families: single,
    gaps: [],
  },
];
