/** What a fault of the path is: how it is made for real, and the gaps that certready must name. */

import { type BehaviourName, portOf } from '../fault-server.ts';
import { type InternetHost, ipv4, ipv6 } from '../addresses.ts';
import { type MailBehaviourName, mailPortOf } from '../mail-faults.ts';
import type { Namespaces } from '../namespaces.ts';

/** By which protocol the mail server meets the fault: names resolve to both, or to one of them alone. */
export const families = ['both', 'ipv4', 'ipv6'] as const;
export type Family = (typeof families)[number];
export type SomeFamily = Exclude<Family, 'both'>;

/** Gaps as `CODE:TARGET`, with `:warning` after it where they are no critical ones. */
export type GapNames = readonly string[];

export interface Fault {
  readonly name: string;
  /** Makes it; absent: the fault is in the options, the profile or the environment. */
  make?(lab: Namespaces): Promise<unknown>;
  /** Where it is met; default in all. */
  readonly families?: readonly Family[];
  readonly gaps: GapNames | Partial<Record<Family, GapNames>>;
  /** Hosts, as HOST or HOST:PORT, that the profile names beyond the usual ones. */
  readonly endpoints?: readonly string[];
  /** The address of the issuing CA's certificate; default one of plain http. */
  readonly aiaUrl?: string;
  /** The mail server's resolvers; default one that knows the family's addresses. */
  resolvers?(family: Family): readonly string[];
  /** Options of certready beyond the usual ones. */
  options?(family: Family): readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Asks the mail host as well. */
  readonly mail?: true;
  /** With certready's own time-outs: slowness is to be borne. */
  readonly patient?: true;
}

export const crl = 'crl.lab.test:80';
const crlUrls = ['http://crl.lab.test/root.crl', 'http://crl.lab.test/inter.crl'];
/** The same code for each CRL of the host. */
export const eachCrl = (code: string): string[] => crlUrls.map((url) => `${code}:${url}`);

export const gapsOf = ({ gaps }: Fault, family: Family): GapNames =>
  'length' in gaps ? gaps : (gaps[family] ?? []);

/** Rules of the firewall's forward chain, one a line. */
export const forward =
  (...rules: string[]) =>
  (lab: Namespaces): Promise<void> =>
    lab.nft('fw', rules.map((rule) => `add rule inet lab forward ${rule}`).join('\n'));

/** What the firewall does with packets to a host, by protocol. */
export const towards =
  (host: InternetHost, six: string, four = six) =>
  (lab: Namespaces): Promise<void> =>
    forward(`ip daddr ${ipv4(host)} ${four}`, `ip6 daddr ${ipv6(host)} ${six}`)(lab);

/** The firewall leads a host's port to one of the block page's host. */
export const translate =
  (host: InternetHost, from: number, to: number) =>
  (lab: Namespaces): Promise<void> =>
    lab.nft(
      'fw',
      `add rule inet lab prerouting ip daddr ${ipv4(host)} tcp dport ${from} dnat ip to ${ipv4('block')}:${to}
add rule inet lab prerouting ip6 daddr ${ipv6(host)} tcp dport ${from} dnat ip6 to [${ipv6('block')}]:${to}`,
    );

export const behave = (name: BehaviourName) => translate('crl', 80, portOf(name));
export const behaveAsMail = (name: MailBehaviourName) => translate('mail', 25, mailPortOf(name));

/** Each step after the other. */
export const together =
  (...steps: ((lab: Namespaces) => Promise<unknown>)[]) =>
  async (lab: Namespaces): Promise<void> => {
    for (const step of steps) await step(lab);
  };

/** One address of a host, in the protocol that the fault is met by; of both, IPv4's. */
export const addressIn = (host: InternetHost, family: Family): string =>
  family === 'ipv6' ? ipv6(host) : ipv4(host);

/** The same with a port, as targets carry it. */
export const socketIn = (host: InternetHost, family: Family, port: number): string =>
  family === 'ipv6' ? `[${ipv6(host)}]:${port}` : `${ipv4(host)}:${port}`;
