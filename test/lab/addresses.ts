/** Who lives where in the lab. Everything has an IPv4 and an IPv6 address. */

/** The last part of each address of the internet: IPv4 10.77.2.N, IPv6 2001:db8:2::N. */
export const hosts = {
  crl: 20,
  secure: 21,
  robin: 22,
  mail: 25,
  ocsp: 30,
  http10: 40,
  chunked: 41,
  dns: 53,
  /** Fails by name. */
  dns2: 54,
  /** Knows A records alone, and AAAA records alone. */
  dnsIpv4: 55,
  dnsIpv6: 56,
  dnsRefusing: 57,
  dnsBroken: 58,
  block: 66,
  /** Nobody. */
  dead: 99,
} as const;
export type InternetHost = keyof typeof hosts;

export const ipv4 = (host: InternetHost): string => `10.77.2.${hosts[host]}`;
export const ipv6 = (host: InternetHost): string => `2001:db8:2::${hosts[host]}`;

/** The mail server, and the firewall as it sees it. */
export const mailServer = { ipv4: '10.77.1.10', ipv6: '2001:db8:1::10' } as const;
export const firewall = { ipv4: '10.77.1.1', ipv6: '2001:db8:1::1' } as const;
/** Both ends of the slow line. */
export const slowLine = {
  mailServer: { ipv4: '10.77.3.10', ipv6: '2001:db8:3::10' },
  firewall: { ipv4: '10.77.3.1', ipv6: '2001:db8:3::1' },
} as const;
/** The firewall, as the internet sees it. */
export const internetGateway = { ipv4: '10.77.2.1', ipv6: '2001:db8:2::1' } as const;
