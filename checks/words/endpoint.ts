/** Words for a CA's web server that is reached and does not give what it should. */

import type { Finding } from '../types.ts';
import { noRevocationData } from './consequences.ts';
import {
  destinationOf,
  inBrackets,
  numberOf,
  otherMethod,
  said,
  shown,
  urlOf,
} from './evidence.ts';
import type { GapWords } from './gap-info.ts';
import { onPlatforms } from './on-platforms.ts';
import * as posix from './posix/commands.ts';
import * as powershell from './powershell/commands.ts';

const fetchAndLook = onPlatforms({
  posix: (finding) => [posix.fetch(finding), posix.firstBytes()],
  powershell: (finding) => [powershell.fetch(finding), powershell.firstBytes()],
});

const url = 'http://crl.globalsign.com/gsorganizationvalsha2g3.crl';
const evidence = { url, host: 'crl.globalsign.com', port: 80, address: '198.51.100.7' };

const statusOf = (finding: Finding): string => {
  const status = numberOf(finding, 'status');
  return status === undefined ? 'an error status' : `HTTP ${status}`;
};

export const endpointWords: GapWords<'endpoint'> = {
  'http-status': {
    title: 'Server answers with an error',
    owner: 'ca',
    severity: 'critical',
    meaning:
      "The CA's server was reached and answered with an HTTP error: the file is gone (404, 410) or the server is in trouble (5xx).",
    consequence: noRevocationData,
    summary: (finding) => `${shown(urlOf(finding))} answers ${statusOf(finding)}`,
    remedy: (finding) =>
      `Nothing is to be changed in this network: the request arrives. 404 or 410: the CA has withdrawn the address; run certready profile list and use the profile that follows, or report it to the CA. 5xx: wait an hour and run again, then tell the operator of ${shown(destinationOf(finding).host)}. 403: ask whether the CA blocks this network's address.${otherMethod(finding)}`,
    commands: fetchAndLook,
    example: { target: url, evidence: { ...evidence, status: 404 } },
    seeAlso: ['block-page', 'proxy-error', 'unexpected-content'],
    sources: ['RFC 9110 section 15 (status codes)'],
  },
  'unexpected-content': {
    title: 'Not the data that is due',
    owner: 'ca',
    severity: 'critical',
    meaning:
      'The answer is no web page, but not DER of a CRL, an OCSP response or a certificate either: for example PEM text where DER is due, an empty body or other bytes.',
    consequence: noRevocationData,
    summary: (finding) =>
      `${shown(urlOf(finding))} brings something else than expected${inBrackets([said(finding, 'problem', 'reason', 'found', 'contentType')])}`,
    remedy: (finding) =>
      `Fetch the address from outside this network as well. The same bytes there: report it to the CA that runs ${shown(destinationOf(finding).host)}. Other bytes there: a proxy or filter on the way rewrites the answer; exempt the host.${otherMethod(finding)}`,
    commands: fetchAndLook,
    example: {
      target: url,
      evidence: { ...evidence, status: 200, contentType: 'application/octet-stream', found: 'PEM' },
    },
    seeAlso: ['block-page', 'crl-malformed', 'ocsp-malformed', 'issuer-malformed'],
    sources: [
      'RFC 5280 sections 4.2.1.13 and 4.2.2.1 (DER over HTTP)',
      'RFC 2585 (CRLs and certificates over HTTP)',
      'RFC 6960 appendix A (OCSP over HTTP)',
    ],
  },
  'response-too-large': {
    title: 'Answer beyond any sensible size',
    owner: 'ca',
    severity: 'critical',
    meaning:
      'The body is larger than certready takes (512 MiB for a CRL, 64 KiB for an OCSP response, 1 MiB for a certificate), before or after decompression.',
    consequence: `${noRevocationData} A download of this size also exceeds the time that Windows allows.`,
    summary: (finding) => {
      const limit = numberOf(finding, 'limit');
      return `${shown(urlOf(finding))} brings more than ${limit === undefined ? 'is allowed' : `${limit} bytes`}`;
    },
    remedy: (finding) =>
      `Look at the first bytes with the commands below. If it is not the expected data, something on the way replaces it: exempt ${shown(destinationOf(finding).host)} from filters. If it is, tell the CA.`,
    commands: fetchAndLook,
    example: { target: url, evidence: { ...evidence, limit: 536870912 } },
    seeAlso: ['unexpected-content', 'block-page'],
    sources: ['RFC 9110 section 8.6 (Content-Length)'],
  },
};
