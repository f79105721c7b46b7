/** Does each host of the profile resolve, and does each of its addresses accept a connection? */

import type { Check, HostPort, Judgement, ProbeResult, Profile } from './types.ts';

/** `HOST:PORT` as gap targets carry it; an IPv6 address stands in brackets. */
export const hostPort = ({ host, port }: HostPort): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** Where a URL leads: its host and its port, or the scheme's. */
export const urlHostPort = (url: string): HostPort => {
  const { hostname, port, protocol } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
  };
};

/** The hosts that a profile names and those that its URLs lead to, each once. */
export const profileEndpoints = (profile: Profile): readonly HostPort[] => {
  const urls = [
    ...profile.crls.map(({ url }) => url),
    ...profile.ocsp.map(({ url }) => url),
    ...profile.authorities.flatMap(({ url }) => (url === undefined ? [] : [url])),
  ];
  const all = [...profile.endpoints, ...urls.map(urlHostPort)];
  return [...new Map(all.map((endpoint) => [hostPort(endpoint), endpoint])).values()];
};

const summaryOf = ({ findings, addresses, proxy }: ProbeResult): string => {
  const [first] = findings;
  if (proxy !== undefined && first === undefined) return `reached through the proxy ${proxy}`;
  const alive = addresses.filter(({ code }) => code === undefined);
  const list = alive.map(({ address }) => address).join(', ');
  if (first === undefined) return `connected to ${list}`;
  return alive.length === 0 ? first.code : `${first.code}; connected to ${list}`;
};

const judgeProbe = (probe: ProbeResult, port: number): Judgement => {
  const connected = probe.addresses.find(({ code }) => code === undefined)?.address;
  return {
    summary: summaryOf(probe),
    findings: probe.findings,
    evidence: {
      addresses: probe.addresses.map(({ address }) => address),
      ...(connected !== undefined && { address: connected }),
      port,
      ...(probe.proxy !== undefined && { proxy: probe.proxy }),
    },
  };
};

export const endpointCheck: Check = {
  kind: 'endpoint',
  tasks(profile, { host, options }) {
    const mailHosts = new Set(options.smtp.map(hostPort));
    return profileEndpoints(profile)
      .filter((endpoint) => !mailHosts.has(hostPort(endpoint)))
      .map((endpoint) => ({
        kind: 'endpoint',
        target: hostPort(endpoint),
        async observe(signal) {
          const probe = await host.network.probe(endpoint, signal);
          return { stages: probe.stages, judge: () => judgeProbe(probe, endpoint.port) };
        },
      }));
  },
};
