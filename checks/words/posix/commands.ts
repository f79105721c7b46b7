/** What to run in a POSIX shell to see a fault: names, connections, bytes, TLS. */

import type { Finding, HostPort, Platform } from '../../types.ts';
import {
  addressesOf,
  destinationOf,
  hostPortText,
  isMail,
  proxyOf,
  textOf,
  urlOf,
} from '../evidence.ts';
import { curlOptions } from '../curl.ts';
import { sh } from './quote.ts';

/** The file that `fetch` writes. */
const bodyFile = 'certready-body.bin';
/** Where the issuer's certificate is expected by the commands that verify a signature. */
const issuerFile = 'issuer.pem';

/** As programs resolve it, then as DNS answers. */
export const lookUp = (name: string, platform: Platform): string[] => [
  platform === 'darwin' ? sh`dscacheutil -q host -a name ${name}` : sh`getent ahosts -- ${name}`,
  sh`dig +noall +comments +answer -q ${name} -t A`,
  sh`dig +noall +comments +answer -q ${name} -t AAAA`,
];

export const askResolver = ({ host, port }: HostPort, name: string): string =>
  sh`dig +tries=1 +time=5 +noall +comments +answer ${`@${host}`} -p ${port} -q ${name}`;

/** A TCP connection to the host as named, then to each address that was tried. */
export const connect = (finding: Finding, defaultPort = 80): string[] => {
  const { host, port } = destinationOf(finding, defaultPort);
  const places = [...new Set([host, ...addressesOf(finding)])];
  return places.map((place) => sh`nc -v -z -w 5 -- ${place} ${port}`);
};

/** The way that packets to the first address take out of this host. */
export const route = (finding: Finding, platform: Platform): string[] =>
  addressesOf(finding, 1).map((address) =>
    platform === 'linux' ? sh`ip route get ${address}` : sh`route -n get ${address}`,
  );

/** This host's own rules; asks for root. */
export const firewallRules = (platform: Platform): string =>
  platform === 'linux' ? 'nft list ruleset' : 'pfctl -s rules';

/** Every hop to the host with its path MTU. */
export const tracePath = (finding: Finding, platform: Platform): string[] =>
  platform === 'linux' ? [sh`tracepath -n -- ${destinationOf(finding).host}`] : [];

/** The body goes to a file, so that no terminal shows foreign bytes. */
export const fetch = (finding: Finding): string => {
  const proxy = proxyOf(finding);
  const through = proxy === undefined ? '' : sh` -x ${`http://${proxy}`}`;
  return `curl ${curlOptions}${through}${sh` -o ${bodyFile} --url ${urlOf(finding)}`}`;
};

/** The first bytes of what `fetch` wrote, with everything unprintable made visible. */
export const firstBytes = (): string => sh`head -c 300 ${bodyFile} | cat -v`;

export const showCrl = (finding: Finding): string[] => [
  fetch(finding),
  sh`openssl crl -inform DER -in ${bodyFile} -noout -issuer -crlnumber -lastupdate -nextupdate`,
];

export const crlText = (): string =>
  sh`openssl crl -inform DER -in ${bodyFile} -noout -text | head -n 40`;

export const verifyCrl = (): string =>
  sh`openssl crl -inform DER -in ${bodyFile} -noout -CAfile ${issuerFile}`;

/** The serial number as openssl reads it; absent where the evidence has none that is one. */
export const serialOf = (finding: Finding): string | undefined => {
  const text = textOf(finding, 'serial') ?? textOf(finding, 'asked');
  const digits = text?.replace(/^0x/i, '').replaceAll(':', '');
  return digits !== undefined && /^[0-9a-f]{1,64}$/i.test(digits) ? `0x${digits}` : undefined;
};

/** Asks the responder as certready does; where the serial number is not known, only whether it answers. */
export const askOcsp = (finding: Finding): string[] => {
  const serial = serialOf(finding);
  if (serial === undefined) return [fetch(finding), firstBytes()];
  return [
    sh`openssl ocsp -no_nonce -issuer ${issuerFile} -CAfile ${issuerFile} -partial_chain -serial ${serial} -url ${urlOf(finding)} -resp_text`,
  ];
};

export const showCertificate = (finding: Finding): string[] => [
  fetch(finding),
  sh`openssl x509 -in ${bodyFile} -noout -subject -issuer -dates -fingerprint -sha256`,
];

/** The certificates and the session that a mail host shows after STARTTLS. */
export const starttls = (finding: Finding, options = ''): string => {
  const destination = destinationOf(finding, 25);
  return sh`openssl s_client -starttls smtp -connect ${hostPortText(destination)} -servername ${destination.host}`.concat(
    `${options} </dev/null`,
  );
};

/** Verified as a mail server that insists would: the chain, then the name. */
export const starttlsVerified = (finding: Finding): string =>
  starttls(finding, sh` -verify_return_error -verify_hostname ${destinationOf(finding, 25).host}`);

/** What the host offers before TLS: banner and EHLO's answer. */
export const ehlo = (finding: Finding): string => {
  const url = `smtp://${hostPortText(destinationOf(finding, 25))}/`;
  return `curl ${curlOptions}${sh` --url ${url}`}`;
};

/** Asks the host again for what it was asked for: a mail host for STARTTLS, another for the URL. */
export const repeat = (finding: Finding): string[] =>
  isMail(finding) ? [ehlo(finding), starttls(finding)] : [fetch(finding)];
