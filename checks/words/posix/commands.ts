/** What to run in a POSIX shell to see a fault: names, connections, bytes, TLS. */

import type { Finding, HostPort } from '../../types.ts';
import { addressesOf, destinationOf, hostPortText, proxyOf, textOf, urlOf } from '../evidence.ts';
import { sh } from './quote.ts';

/** The file that `fetch` writes. */
export const bodyFile = 'certready-body.bin';
/** Where the issuer's certificate is expected by the commands that verify a signature. */
const issuerFile = 'issuer.pem';

/** As programs resolve it, then as DNS answers. */
export const lookUp = (name: string): string[] => [
  sh`getent ahosts ${name}`,
  sh`dig +noall +comments +answer -q ${name} -t A`,
  sh`dig +noall +comments +answer -q ${name} -t AAAA`,
];

export const askResolver = ({ host, port }: HostPort, name: string): string => {
  const server = `@${host}`;
  return sh`dig +tries=1 +time=5 +noall +comments +answer ${server} -p ${port} -q ${name}`;
};

/** A TCP connection to the host as named, then to each address that was tried. */
export const connect = (finding: Finding, defaultPort = 80): string[] => {
  const { host, port } = destinationOf(finding, defaultPort);
  const places = [...new Set([host, ...addressesOf(finding)])];
  return places.map((place) => sh`nc -v -z -w 5 -- ${place} ${port}`);
};

export const route = (finding: Finding): string[] =>
  addressesOf(finding, 1).map((address) => sh`ip route get ${address}`);

export const firewallRules = (): string => 'nft list ruleset';

/** curl says each step; the body goes to a file, so that no terminal shows foreign bytes. */
export const fetch = (finding: Finding): string => {
  const proxy = proxyOf(finding);
  const through = proxy === undefined ? '' : sh` -x ${`http://${proxy}`}`;
  return sh`curl -v -g --connect-timeout 5 --max-time 15`.concat(
    through,
    sh` -o ${bodyFile} --url ${urlOf(finding)}`,
  );
};

/** The first bytes of what `fetch` wrote, with everything unprintable made visible. */
export const firstBytes = (): string => `head -c 300 ${bodyFile} | cat -v`;

export const showCrl = (finding: Finding): string[] => [
  fetch(finding),
  `openssl crl -inform DER -in ${bodyFile} -noout -issuer -crlnumber -lastupdate -nextupdate`,
];

export const verifyCrl = (): string =>
  `openssl crl -inform DER -in ${bodyFile} -noout -CAfile ${issuerFile}`;

export const crlText = (): string =>
  `openssl crl -inform DER -in ${bodyFile} -noout -text | head -n 40`;

/** The serial number as openssl reads it; absent where the evidence has none that is one. */
const serialOf = (finding: Finding): string | undefined => {
  const digits = textOf(finding, 'serial')?.replace(/^0x/i, '').replaceAll(':', '');
  return digits !== undefined && /^[0-9a-f]{1,64}$/i.test(digits) ? `0x${digits}` : undefined;
};

/** Asks the responder as certready did: no nonce, SHA-1 CertID; without a known serial number, only whether it answers. */
export const askOcsp = (finding: Finding): string[] => {
  const serial = serialOf(finding);
  if (serial === undefined) return [fetch(finding), firstBytes()];
  return [
    sh`openssl ocsp -no_nonce -issuer ${issuerFile} -serial ${serial} -url ${urlOf(finding)} -resp_text`,
  ];
};

export const showCertificate = (finding: Finding): string[] => [
  fetch(finding),
  `openssl x509 -in ${bodyFile} -noout -subject -issuer -dates -fingerprint -sha256`,
];

/** The certificates and the session that a mail host shows after STARTTLS. */
export const starttls = (finding: Finding, more = ''): string => {
  const destination = destinationOf(finding, 25);
  return sh`openssl s_client -starttls smtp -connect ${hostPortText(destination)} -servername ${destination.host}`.concat(
    `${more} </dev/null`,
  );
};

/** Verified as a mail server that insists would: the chain, then the name. */
export const starttlsVerified = (finding: Finding): string =>
  starttls(finding, sh` -verify_return_error -verify_hostname ${destinationOf(finding, 25).host}`);

/** What the host offers before TLS: banner and EHLO's answer. */
export const ehlo = (finding: Finding): string => {
  const url = `smtp://${hostPortText(destinationOf(finding, 25))}/`;
  return sh`curl -v -g --connect-timeout 5 --max-time 15 --url ${url}`;
};

/** Every hop with its path MTU. */
export const tracePath = (finding: Finding): string =>
  sh`tracepath -n ${destinationOf(finding).host}`;
