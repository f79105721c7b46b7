/** A profile for a reader at a terminal: what it asks for. */

import { parseCertificate } from '../../checks/pki/certificate.ts';
import { hostPort } from '../../checks/endpoint.ts';
import type { Authority, OcspSource, Profile } from '../../checks/types.ts';
import { clampColumns, wrap } from '../report/wrap.ts';

const day = (date: Date): string => date.toISOString().slice(0, 10);

const authorityLines = (
  { id, name, root, issuer, sha256, der, url }: Authority,
  columns: number,
): readonly string[] => {
  const facts = [
    ...(issuer === undefined ? [] : [`issued by ${issuer}`]),
    ...(der ? [`expires ${day(parseCertificate(der).notAfter)}`] : []),
  ];
  const detail = (text: string): readonly string[] => wrap(text, { columns, first: '    ' });
  return [
    ...wrap(`${root ? 'root' : 'CA'} ${id}: ${[name, ...facts].join(', ')}`, {
      columns,
      first: '  ',
      rest: '    ',
    }),
    ...(sha256 === undefined ? [] : detail(`SHA-256 ${sha256}`)),
    ...(url === undefined ? [] : detail(url)),
  ];
};

const askedAbout = ({ certificate, issuer }: OcspSource): string =>
  'authority' in certificate
    ? `about ${certificate.authority}`
    : `about serial ${certificate.serial} of ${issuer}`;

const peerLines = ({ peer }: Profile): readonly string[] =>
  peer === undefined
    ? []
    : [
        `names ${peer.names.join(', ')}`,
        ...(peer.organization === undefined ? [] : [`organization ${peer.organization}`]),
        ...(peer.keyBits === undefined ? [] : [`key of at least ${peer.keyBits} bits (RSA)`]),
        ...(peer.minTlsVersion === undefined ? [] : [`${peer.minTlsVersion} or later`]),
        ...(peer.forwardSecrecy === true ? ['forward secrecy'] : []),
      ];

/** What is asked, by check. */
export const describeProfile = (profile: Profile, terminalColumns: number): string => {
  const columns = clampColumns(terminalColumns);
  const { id, title, effective, source, supersededBy, replaces, notes } = profile;
  const section = (heading: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', heading, ...lines];
  const items = (texts: readonly string[]): readonly string[] =>
    texts.flatMap((text) => wrap(text, { columns, first: '  ', rest: '    ' }));
  const field = (label: string, value: string | undefined): readonly string[] =>
    value === undefined ? [] : wrap(value, { columns, first: label.padEnd(14) });
  const lines = [
    ...wrap(`${id}: ${title}`, { columns }),
    ...field('effective', effective),
    ...field('source', source),
    ...field('superseded by', supersededBy),
    ...section(
      'Reachable (endpoint), besides the hosts of the addresses below:',
      items(profile.endpoints.map(hostPort)),
    ),
    ...section(
      'Trusted here (trust-store), and fetched where an address stands (aia):',
      profile.authorities.flatMap((authority) => authorityLines(authority, columns)),
    ),
    ...section(
      'Revocation lists (crl):',
      items(profile.crls.map(({ url, issuer }) => `${url} of ${issuer}`)),
    ),
    ...section(
      'Responders (ocsp):',
      items(profile.ocsp.map((ocsp) => `${ocsp.url} ${askedAbout(ocsp)}`)),
    ),
    ...section('What the mail host presents (smtp):', items(peerLines(profile))),
    ...section('Roots that it takes over from, SHA-256:', items(replaces)),
    ...section('Notes:', items(notes)),
  ];
  return `${lines.join('\n')}\n`;
};
