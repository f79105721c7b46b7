/** What to run in PowerShell (5.1 or later) to see a fault: names, connections, bytes, mail queues. */

import type { Finding, HostPort } from '../../types.ts';
import { addressesOf, destinationOf, hostPortText, isMail, proxyOf, urlOf } from '../evidence.ts';
import { ps } from './quote.ts';

/** The file that `fetch` writes. */
const bodyFile = 'certready-body.bin';

/** As programs resolve it, then as DNS answers. */
export const lookUp = (name: string): string[] => [
  ps`[System.Net.Dns]::GetHostAddresses(${name})`,
  ps`Resolve-DnsName -Name ${name} -Type A_AAAA -DnsOnly -NoHostsFile`,
];

export const askResolver = ({ host }: HostPort, name: string): string =>
  ps`Resolve-DnsName -Name ${name} -Type A -Server ${host} -DnsOnly -QuickTimeout`;

/** A TCP connection to the host as named, then to each address that was tried. */
export const connect = (finding: Finding, defaultPort = 80): string[] => {
  const { host, port } = destinationOf(finding, defaultPort);
  const places = [...new Set([host, ...addressesOf(finding)])];
  return places.map(
    (place) =>
      ps`Test-NetConnection -ComputerName ${place} -Port ${port} -InformationLevel Detailed`,
  );
};

export const route = (finding: Finding): string[] =>
  addressesOf(finding, 1).map((address) => ps`Find-NetRoute -RemoteIPAddress ${address}`);

export const firewallRules = (): string =>
  'Get-NetFirewallRule -Direction Outbound -Action Block -Enabled True | Format-Table DisplayName, Profile';

/** Status and headers; the body goes to a file. */
export const fetch = (finding: Finding): string => {
  const proxy = proxyOf(finding);
  const through = proxy === undefined ? '' : ps` -Proxy ${`http://${proxy}`}`;
  return ps`Invoke-WebRequest -UseBasicParsing -TimeoutSec 15 -Uri ${urlOf(finding)}`.concat(
    through,
    ps` -OutFile ${bodyFile} -PassThru | Format-List StatusCode, StatusDescription, Headers`,
  );
};

export const firstBytes = (): string => ps`Format-Hex -Path ${bodyFile} | Select-Object -First 20`;

/** The first lines of a page. */
export const firstLines = (): string => ps`Get-Content -TotalCount 20 -Path ${bodyFile}`;

export const machineProxy = (): string => 'netsh winhttp show proxy';

/** certutil reads CRLs, certificates and OCSP responses alike. */
export const dump = (): string => ps`certutil -dump ${bodyFile}`;

/** Checks a CRL's signature against its issuer's certificate. */
export const verifyCrl = (): string => ps`certutil -verify ${bodyFile} issuer.cer`;

/** Fetches everything that a certificate names, as CryptoAPI does, and says what became of each address. */
export const verifyWithFetch = (): string => 'certutil -f -urlfetch -verify certificate.cer';

/** Asks again for STARTTLS alone; Windows has no client of its own that speaks it. */
export const starttls = (finding: Finding): string =>
  ps`certready --once --check smtp --smtp ${hostPortText(destinationOf(finding, 25))}`;

/** Asks the host again for what it was asked for: a mail host for STARTTLS, another for the URL. */
export const repeat = (finding: Finding): string[] =>
  isMail(finding) ? [...connect(finding), starttls(finding)] : [fetch(finding)];

/** In the Exchange Management Shell. */
export const queues = (): string =>
  'Get-Queue | Where-Object LastError | Format-List Identity, NextHopDomain, MessageCount, LastError';

/** In the Exchange Management Shell. */
export const sendConnectors = (): string =>
  'Get-SendConnector | Format-List Name, AddressSpaces, SmartHosts, RequireTLS, TlsAuthLevel, TlsDomain';

/** The largest packet that passes unfragmented tells the path MTU: 1472 bytes of data need an MTU of 1500. */
export const tracePath = (finding: Finding): string =>
  ps`ping.exe -f -l 1472 -n 2 ${destinationOf(finding).host}`;
