/** Words for answers that a firewall or filter keeps back, cuts short or replaces. */

import type { Finding } from '../types.ts';
import { hostLost, noRevocationData } from './consequences.ts';
import {
  afterTime,
  destinationOf,
  hostPortText,
  inBrackets,
  numberOf,
  otherMethod,
  shown,
  textOf,
  textsOf,
  urlOf,
} from './evidence.ts';
import type { GapWords } from './gap-info.ts';
import { onPlatforms } from './on-platforms.ts';
import * as posix from './posix/commands.ts';
import * as powershell from './powershell/commands.ts';

type ResponseWords = Pick<
  GapWords<'firewall'>,
  | 'response-timeout'
  | 'response-stalled'
  | 'response-truncated'
  | 'block-page'
  | 'redirected-elsewhere'
>;

const repeat = onPlatforms({
  posix: (finding) => posix.repeat(finding),
  powershell: (finding) => powershell.repeat(finding),
});

const fetchAndLook = onPlatforms({
  posix: (finding) => [posix.fetch(finding), posix.firstBytes()],
  powershell: (finding) => [powershell.fetch(finding), powershell.firstLines()],
});

const server = (finding: Finding): string => shown(hostPortText(destinationOf(finding)));

const bytesSoFar = (finding: Finding): string => {
  const bytes = numberOf(finding, 'bytes');
  return bytes === undefined ? '' : ` at ${bytes} bytes`;
};

const pageTitle = (finding: Finding): string => {
  const title = textOf(finding, 'title');
  return title === undefined ? '' : `: "${shown(title, 50)}"`;
};

/** Where the redirects ended. */
const landedAt = (finding: Finding): string | undefined =>
  textOf(finding, 'location') ?? textsOf(finding, 'redirects').at(-1);

const http = 'RFC 9110 and RFC 9112 (HTTP)';
const url = 'http://crl.globalsign.com/gsorganizationvalsha2g3.crl';
const evidence = { url, host: 'crl.globalsign.com', port: 80, address: '198.51.100.7' };

export const responseWords: ResponseWords = {
  'response-timeout': {
    title: 'Connection accepted, no answer',
    owner: 'network',
    severity: 'critical',
    meaning:
      'The connection came about and the request was sent, but no complete answer header came back in time. Transparent proxies and inspection that never let go of the request behave so.',
    consequence: hostLost,
    summary: (finding) =>
      `${server(finding)} accepts the connection and answers nothing${afterTime(finding)}`,
    remedy: (finding) =>
      `Look for a transparent proxy or inspection between this host and ${server(finding)} that takes the connection and does not pass it on; exempt the host from it. If small files of that host arrive and only large ones do not, look for a path-MTU problem instead (allow ICMP type 3 code 4, and ICMPv6 type 2, or lower the MSS). If the same request works from outside this network, the fault is inside it. If it fails there too, tell the server's operator.`,
    commands: repeat,
    example: { target: 'crl.globalsign.com:80', evidence: { ...evidence, timeoutMs: 15000 } },
    seeAlso: ['connect-timeout', 'response-stalled'],
    sources: [http],
  },
  'response-stalled': {
    title: 'Answer begins and stands still',
    owner: 'network',
    severity: 'critical',
    meaning:
      "The answer's header came, but the body was not complete in time: it stopped, or came drop by drop.",
    consequence: `${hostLost} Windows gives one download 15 seconds.`,
    summary: (finding) =>
      `The answer from ${server(finding)} stands still${bytesSoFar(finding)}${afterTime(finding)}`,
    remedy: (finding) =>
      `Small answers pass and large ones do not: look for a path-MTU problem (allow ICMP type 3 code 4, and ICMPv6 type 2, or lower the MSS), for a virus scanner that holds the download back, and for a bandwidth or session limit on connections to ${server(finding)}.`,
    commands: onPlatforms({
      posix: (finding, platform) => [
        ...posix.repeat(finding),
        ...posix.tracePath(finding, platform),
      ],
      powershell: (finding) => [...powershell.repeat(finding), powershell.tracePath(finding)],
    }),
    example: {
      target: 'crl.globalsign.com:80',
      evidence: { ...evidence, bytes: 16384, timeoutMs: 15000 },
    },
    seeAlso: ['response-timeout', 'response-truncated'],
    sources: [http, 'RFC 1191 and RFC 8201 (path MTU discovery)'],
  },
  'response-truncated': {
    title: 'Answer cut short',
    owner: 'network',
    severity: 'critical',
    meaning:
      'The connection ended before the body was complete by its own length. A filter that closes the connection in the middle does this.',
    consequence: noRevocationData,
    summary: (finding) => `The answer from ${server(finding)} ends early${bytesSoFar(finding)}`,
    remedy: (finding) =>
      `Look for a virus scanner, a web filter or a size limit that ends downloads from ${server(finding)}, and exempt the host. If the download is cut short outside this network as well, tell the server's operator.`,
    commands: repeat,
    example: { target: 'crl.globalsign.com:80', evidence: { ...evidence, bytes: 1460 } },
    seeAlso: ['connection-reset', 'response-stalled'],
    sources: [http],
  },
  'block-page': {
    title: 'A page instead of the data',
    owner: 'network',
    severity: 'critical',
    meaning:
      "Where a CRL, an OCSP answer or a certificate is due, a web page came: a web filter's notice, a captive portal or a login page.",
    consequence: `${noRevocationData} Tools that look at the HTTP status alone take the page for success.`,
    summary: (finding) =>
      `A web page came instead of ${shown(urlOf(finding))}${pageTitle(finding)}`,
    remedy: (finding) =>
      `Exempt ${shown(destinationOf(finding).host)} from the web filter and from any login portal, for this host's address and without a user name: mail servers cannot log in to a portal. The page names the product or the rule; read it with the commands below.${otherMethod(finding)}`,
    commands: fetchAndLook,
    example: {
      target: url,
      evidence: { ...evidence, status: 403, contentType: 'text/html', title: 'Access Denied' },
    },
    seeAlso: ['redirected-elsewhere', 'proxy-denied', 'unexpected-content', 'http-status'],
    sources: [http, 'RFC 6585 section 6 (511 Network Authentication Required)'],
  },
  'redirected-elsewhere': {
    title: "Sent to another host's page",
    owner: 'network',
    severity: 'critical',
    meaning:
      'The request was redirected to another host, and what stood there was not the data. Login portals and web filters do this.',
    consequence: noRevocationData,
    summary: (finding) => {
      const location = landedAt(finding);
      const where = location === undefined ? 'another host' : shown(location, 60);
      return `${shown(urlOf(finding), 60)} is redirected to ${where}`;
    },
    remedy: (finding) =>
      `Exempt ${shown(destinationOf(finding).host)} from the portal or web filter that sends this host elsewhere${inBrackets([landedAt(finding)])}, for this host's address and without a login.`,
    commands: fetchAndLook,
    example: {
      target: url,
      evidence: { ...evidence, status: 302, location: 'https://portal.example.net/login' },
    },
    seeAlso: ['block-page', 'proxy-auth-required'],
    sources: [http],
  },
};
