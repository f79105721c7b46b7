/**
 * Every fault of the path, how it is made for real, and the gaps that certready must name. The target
 * of each is the CRL host (or a name, or a resolver), so that the other hosts show that none is tainted.
 */

import { type BehaviourName, portOf } from './fault-server.ts';
import { type Namespaces, ipv4, ipv6 } from './namespaces.ts';

export interface Fault {
  readonly name: string;
  make?(lab: Namespaces): Promise<unknown>;
  /** Options of certready beyond the usual ones. */
  readonly options?: readonly string[];
  /** One more host that the profile names. */
  readonly extraHost?: string;
  /** resolv.conf of the mail server; default the good resolver. */
  readonly resolvers?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** CODE:TARGET of each gap, `:warning` after it where it is no critical one. */
  readonly gaps: readonly string[];
}

const crl = 'crl.lab.test:80';
const crlUrls = ['http://crl.lab.test/root.crl', 'http://crl.lab.test/inter.crl'];

const forward = (rule: string) => (lab: Namespaces) =>
  lab.nft('fw', `add rule inet lab forward ${rule}`);
const both = (v4: string, v6: string) => (lab: Namespaces) =>
  lab.nft(
    'fw',
    `add rule inet lab forward ip daddr ${ipv4('crl')} ${v4}\nadd rule inet lab forward ip6 daddr ${ipv6('crl')} ${v6}`,
  );
const local = (rules: string) => (lab: Namespaces) =>
  lab.nft(
    'mx',
    `table inet local { chain output { type filter hook output priority 0; ${rules} } }`,
  );

/** The firewall leads the CRL host's port 80 elsewhere. */
const translate = (port: number) => (lab: Namespaces) =>
  lab.nft(
    'fw',
    `add rule inet lab prerouting ip daddr ${ipv4('crl')} tcp dport 80 dnat ip to ${ipv4('block')}:${port}
add rule inet lab prerouting ip6 daddr ${ipv6('crl')} tcp dport 80 dnat ip6 to [${ipv6('block')}]:${port}`,
  );
const behave = (name: BehaviourName) => translate(portOf(name));

const route = (words: string) => (lab: Namespaces) =>
  Promise.all([
    lab.exec('mx', 'ip', 'route', 'add', words, `${ipv4('crl')}/32`),
    lab.exec('mx', 'ip', '-6', 'route', 'add', words, `${ipv6('crl')}/128`),
  ]);

const urls = (code: string): string[] => crlUrls.map((url) => `${code}:${url}`);
const resolver = `${ipv4('dns')}:53`;

export const faults: readonly Fault[] = [
  { name: 'healthy', gaps: [] },

  // ------------------------------------------------------------------ DNS
  {
    name: 'resolver silent',
    make: forward(`ip daddr ${ipv4('dns')} drop`),
    gaps: [`dns-timeout:${resolver}`],
  },
  {
    name: 'resolver rejected',
    make: forward(`ip daddr ${ipv4('dns')} udp dport 53 reject`),
    gaps: [`dns-failure:${resolver}`],
  },
  { name: 'no resolver configured', resolvers: [], gaps: ['dns-failure:none'] },
  {
    name: 'one of two resolvers dead',
    make: forward(`ip daddr ${ipv4('dead')} drop`),
    resolvers: [ipv4('dead'), ipv4('dns')],
    gaps: [],
  },
  ...(
    [
      ['NXDOMAIN', 'nx.lab.test', 'dns-not-found'],
      ['NODATA', 'nodata.lab.test', 'dns-not-found'],
      ['SERVFAIL', 'a.servfail.lab.test', 'dns-failure'],
      ['REFUSED', 'a.refused.lab.test', 'dns-failure'],
      ['no answer for one name', 'a.silent.lab.test', 'dns-timeout'],
    ] as const
  ).map(([name, host, code]): Fault => ({
    name,
    resolvers: [ipv4('dns2')],
    extraHost: host,
    gaps: [`${code}:${host}`],
  })),
  { name: 'sinkhole 0.0.0.0', extraHost: 'sink.lab.test', gaps: ['dns-sinkhole:sink.lab.test'] },
  {
    name: 'sinkhole 127.0.0.1',
    extraHost: 'sink127.lab.test',
    gaps: ['dns-sinkhole:sink127.lab.test'],
  },
  { name: 'only AAAA', extraHost: 'six.lab.test', gaps: [] },
  { name: 'long CNAME chain', extraHost: 'chain0.lab.test', gaps: [] },

  // ------------------------------------------------------------------ TCP
  { name: 'silent drop', make: both('drop', 'drop'), gaps: [`connect-timeout:${crl}`] },
  {
    name: 'reset',
    make: both('tcp dport 80 reject with tcp reset', 'tcp dport 80 reject with tcp reset'),
    gaps: [`connect-refused:${crl}`],
  },
  { name: 'port unreachable', make: both('reject', 'reject'), gaps: [`connect-refused:${crl}`] },
  ...[
    'admin-prohibited',
    'host-unreachable',
    'net-unreachable',
    'host-prohibited',
    'net-prohibited',
    'prot-unreachable',
  ].map((type): Fault => ({
    name: `ICMP ${type}`,
    make: both(`reject with icmp type ${type}`, 'reject with icmpv6 type admin-prohibited'),
    gaps: [`connect-unreachable:${crl}`],
  })),
  ...['blackhole', 'unreachable', 'prohibit'].map((type): Fault => ({
    name: `route ${type}`,
    make: route(type),
    gaps: [`connect-unreachable:${crl}`],
  })),
  {
    name: 'local firewall drops',
    make: local(`ip daddr ${ipv4('crl')} drop; ip6 daddr ${ipv6('crl')} drop;`),
    gaps: [`connect-timeout:${crl}`],
  },
  {
    name: 'local firewall rejects',
    make: local(`ip daddr ${ipv4('crl')} reject; ip6 daddr ${ipv6('crl')} reject;`),
    gaps: [`connect-refused:${crl}`],
  },
  {
    name: 'one of two addresses dead',
    extraHost: 'two.lab.test',
    gaps: ['connect-unreachable:two.lab.test:80:warning'],
  },
  {
    name: 'IPv6 dropped',
    make: forward(`ip6 daddr ${ipv6('crl')} drop`),
    gaps: [`ipv6-unreachable:${crl}:warning`],
  },
  {
    name: 'IPv4 dropped',
    make: forward(`ip daddr ${ipv4('crl')} drop`),
    gaps: [`connect-timeout:${crl}:warning`],
  },
  {
    name: 'path-MTU black hole',
    async make(lab) {
      await lab.exec('fw', 'ip', 'link', 'set', 'in', 'mtu', '1280');
      await lab.nft(
        'fw',
        'add rule inet lab output icmp type destination-unreachable drop\nadd rule inet lab output icmpv6 type packet-too-big drop',
      );
    },
    gaps: [`response-timeout:${crl}`],
  },
  {
    name: 'drop after 20 KiB',
    make: forward('tcp sport 80 ct reply bytes gt 20000 drop'),
    gaps: [`response-stalled:${crl}`],
  },

  // ------------------------------------------------------------------ HTTP
  {
    name: 'reset after connect',
    make: behave('reset-after-connect'),
    gaps: [`connection-reset:${crl}`],
  },
  {
    name: 'reset after request',
    make: behave('reset-after-request'),
    gaps: [`connection-reset:${crl}`],
  },
  { name: 'never answered', make: behave('never-answers'), gaps: [`response-timeout:${crl}`] },
  { name: 'half a header', make: behave('half-header'), gaps: [`response-timeout:${crl}`] },
  { name: 'header then silence', make: behave('header-only'), gaps: [`response-stalled:${crl}`] },
  { name: 'stalls in the body', make: behave('stalls-in-body'), gaps: [`response-stalled:${crl}`] },
  { name: 'drips', make: behave('drips'), gaps: [`response-stalled:${crl}`] },
  { name: 'cut short', make: behave('cut-short'), gaps: [`response-truncated:${crl}`] },
  { name: 'reset in the body', make: behave('resets-in-body'), gaps: [`connection-reset:${crl}`] },
  { name: 'block page 200', make: translate(80), gaps: urls('block-page') },
  { name: 'block page 403', make: translate(8403), gaps: urls('block-page') },
  { name: 'block page 511', make: translate(8511), gaps: urls('block-page') },
  { name: 'page not found', make: translate(8404), gaps: urls('http-status') },
  { name: 'service unavailable', make: translate(8503), gaps: urls('http-status') },
  { name: 'redirect to a portal', make: translate(8302), gaps: urls('redirected-elsewhere') },
  { name: "another host's content", make: translate(8080), gaps: urls('unexpected-content') },
  { name: 'wrong content type, right bytes', make: translate(8081), gaps: [] },
  {
    name: 'transparent proxy rewrites',
    make: behave('rewrites'),
    gaps: [
      'crl-signature-invalid:http://crl.lab.test/inter.crl',
      'crl-wrong-issuer:http://crl.lab.test/root.crl',
    ],
  },
  { name: 'not HTTP at all', make: behave('garbage'), gaps: urls('unexpected-content') },
  ...(['gzip', 'http-1.0', 'chunked', 'close-keep-alive', 'slow-but-fine'] as const).map(
    (name): Fault => ({
      name,
      make: behave(name),
      gaps: ['crl-wrong-issuer:http://crl.lab.test/root.crl'],
    }),
  ),

  // ------------------------------------------------------------------ slowness is no gap
  {
    name: '5 % loss',
    make: forward('numgen random mod 100 lt 5 drop'),
    gaps: [],
  },
  {
    name: 'every first SYN lost',
    make: forward('tcp flags & (syn|ack) == syn numgen inc mod 2 0 drop'),
    gaps: [],
  },

  // ------------------------------------------------------------------ proxies
  { name: 'through a proxy', options: ['--proxy', 'http://10.77.1.1:3128'], gaps: [] },
  {
    name: 'through a proxy, no DNS',
    resolvers: [],
    options: ['--proxy', 'http://10.77.1.1:3128'],
    gaps: [],
  },
  {
    name: 'proxy of the environment',
    resolvers: [],
    options: ['--proxy', 'system'],
    environment: { http_proxy: 'http://10.77.1.1:3128' },
    gaps: [],
  },
  {
    name: 'NO_PROXY',
    options: ['--proxy', 'system'],
    environment: { http_proxy: 'http://10.77.1.1:9', NO_PROXY: '.lab.test' },
    gaps: [],
  },
  {
    name: 'proxy not there',
    options: ['--proxy', 'http://10.77.1.1:9'],
    gaps: ['proxy-unreachable:10.77.1.1:9'],
  },
  {
    name: 'proxy name unknown',
    options: ['--proxy', 'http://nowhere.lab.test:3128'],
    gaps: ['proxy-unreachable:nowhere.lab.test:3128'],
  },
  {
    name: 'proxy wants a password',
    options: ['--proxy', 'http://10.77.1.1:3129'],
    gaps: ['proxy-auth-required:10.77.1.1:3129'],
  },
  {
    name: 'proxy with a password',
    options: ['--proxy', 'http://probe:p%40ss%3Aw%2Frd@10.77.1.1:3129'],
    gaps: [],
  },
  {
    name: 'proxy denies',
    options: ['--proxy', 'http://10.77.1.1:3130'],
    gaps: [`proxy-denied:${crl}`],
  },
  {
    name: 'proxy cannot reach the origin',
    make: (lab) =>
      lab.nft(
        'fw',
        `add rule inet lab output ip daddr ${ipv4('crl')} reject\nadd rule inet lab output ip6 daddr ${ipv6('crl')} reject`,
      ),
    options: ['--proxy', 'http://10.77.1.1:3128'],
    gaps: [`proxy-error:${crl}`],
  },
  {
    name: 'proxy cannot resolve the origin',
    options: ['--proxy', 'http://10.77.1.1:3128'],
    extraHost: 'nx.lab.test',
    gaps: ['proxy-error:nx.lab.test:80'],
  },

  // ------------------------------------------------------------------ two at once
  {
    name: 'two faults',
    make: forward(
      `ip daddr ${ipv4('crl')} drop\nadd rule inet lab forward ip6 daddr ${ipv6('crl')} drop\nadd rule inet lab forward ip daddr ${ipv4('secure')} tcp dport 80 reject with tcp reset\nadd rule inet lab forward ip6 daddr ${ipv6('secure')} tcp dport 80 reject with tcp reset`,
    ),
    gaps: [`connect-timeout:${crl}`, 'connect-refused:secure.lab.test:80'],
  },
];
