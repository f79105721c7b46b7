/** Words for what a proxy does. */

import type { Finding } from '../types.ts';
import { noRevocationData } from './consequences.ts';
import {
  addressesOf,
  afterTime,
  capital,
  destinationOf,
  hostPortText,
  inBrackets,
  numberOf,
  proxyOf,
  said,
  shown,
  targetOf,
  textOf,
} from './evidence.ts';
import type { GapWords } from './gap-info.ts';
import { onPlatforms } from './on-platforms.ts';
import * as posix from './posix/commands.ts';
import * as powershell from './powershell/commands.ts';

const proxySettings = {
  posix: ['env | grep -i _proxy'],
  powershell: [
    powershell.machineProxy(),
    'Get-ExchangeServer | Format-List Name, InternetWebProxy',
  ],
};

/** The proxy, where the target is the origin. */
const viaProxy = (finding: Finding): string => {
  const proxy = proxyOf(finding);
  return proxy === undefined ? 'the proxy' : `the proxy ${shown(proxy)}`;
};

const origin = (finding: Finding): string => shown(hostPortText(destinationOf(finding)));

/** The target is the proxy itself: what is fetched through it is the URL of the evidence, if any. */
const throughTarget = (finding: Finding): Finding => ({
  ...finding,
  target: textOf(finding, 'url') ?? 'http://crl.globalsign.com/root.crl',
  evidence: { proxy: proxyOf(finding) ?? targetOf(finding) },
});

const status = (finding: Finding): string => {
  const code = numberOf(finding, 'status');
  const http = code === undefined ? undefined : `HTTP ${code}`;
  return inBrackets([http, said(finding, 'proxyError', 'error')]);
};

const fetchThroughProxy = onPlatforms({
  posix: (finding) => [...proxySettings.posix, posix.fetch(finding), posix.firstBytes()],
  powershell: (finding) => [...proxySettings.powershell, powershell.fetch(finding)],
});

const evidence = { proxy: 'proxy.example.net:3128', url: 'http://crl.globalsign.com/root.crl' };

export const proxyWords: GapWords<'proxy'> = {
  'proxy-unreachable': {
    title: 'Proxy cannot be reached',
    owner: 'network',
    severity: 'critical',
    meaning:
      'The proxy that this host is told to use does not resolve or takes no connection, so nothing outside can be fetched.',
    consequence: noRevocationData,
    summary: (finding) =>
      `The proxy ${shown(targetOf(finding))} cannot be reached${inBrackets([textOf(finding, 'error') ?? addressesOf(finding)[0]])}${afterTime(finding)}`,
    remedy: (finding) =>
      `Check that ${shown(targetOf(finding))} is still the right proxy and that it runs, and allow this host to connect to it. If the setting is out of date, correct it where the program gets it: http_proxy in the environment, WinHTTP (netsh winhttp), Exchange's InternetWebProxy, or certready's own proxy setting.`,
    commands: onPlatforms({
      posix: (finding) => [...proxySettings.posix, ...posix.connect(finding, 3128)],
      powershell: (finding) => [...proxySettings.powershell, ...powershell.connect(finding, 3128)],
    }),
    example: { target: 'proxy.example.net:3128', evidence: { error: 'ECONNREFUSED' } },
    seeAlso: ['proxy-error', 'dns-not-found', 'connect-refused'],
    sources: ['RFC 9110 section 3.7 (intermediaries)', 'Microsoft: netsh winhttp'],
  },
  'proxy-auth-required': {
    title: 'Proxy asks for a password',
    owner: 'network',
    severity: 'critical',
    meaning: 'The proxy answers 407: it passes nothing on without a user name and password.',
    consequence: `${noRevocationData} Windows fetches revocation data as a service account, without anyone who could type a password.`,
    summary: (finding) => `The proxy ${shown(targetOf(finding))} asks for a password (HTTP 407)`,
    remedy: (finding) =>
      `${said(finding, 'credentials') === 'refused' ? 'The proxy refused the password that it was given. ' : ''}Let this host's address pass ${shown(targetOf(finding))} without a login, at least to the hosts of the profile (certready profile show ID --allow-list lists them). A password in certready's proxy setting would only open the way for certready, not for the mail server.`,
    commands: onPlatforms({
      posix: (finding) => [...proxySettings.posix, posix.fetch(throughTarget(finding))],
      powershell: (finding) => [
        ...proxySettings.powershell,
        powershell.fetch(throughTarget(finding)),
      ],
    }),
    example: { target: 'proxy.example.net:3128', evidence: { ...evidence, status: 407 } },
    seeAlso: ['proxy-denied', 'block-page'],
    sources: ['RFC 9110 section 15.5.8 (407)', 'Microsoft: netsh winhttp'],
  },
  'proxy-denied': {
    title: 'Proxy denies the host',
    owner: 'network',
    severity: 'critical',
    meaning: 'The proxy is reached and refuses by its own rules to pass the request on.',
    consequence: noRevocationData,
    summary: (finding) =>
      `${capital(viaProxy(finding))} denies access to ${origin(finding)}${status(finding)}`,
    remedy: (finding) =>
      `Allow ${origin(finding)} in the access list of ${viaProxy(finding)} for this host's address: plain HTTP (GET and POST), no tunnel, no login.`,
    commands: fetchThroughProxy,
    example: { target: 'crl.globalsign.com:80', evidence: { ...evidence, status: 403 } },
    seeAlso: ['proxy-auth-required', 'proxy-error', 'block-page'],
    sources: ['RFC 9110 section 15.5.4 (403)', 'Squid: http_access'],
  },
  'proxy-error': {
    title: 'Proxy cannot reach the host',
    owner: 'network',
    severity: 'critical',
    meaning:
      "The proxy is reached, but cannot resolve the host's name, cannot connect to it, or gets no proper answer.",
    consequence: noRevocationData,
    summary: (finding) =>
      `${capital(viaProxy(finding))} cannot reach ${origin(finding)}${status(finding)}`,
    remedy: (finding) =>
      `The fault lies between ${viaProxy(finding)} and ${origin(finding)}. On the proxy, resolve the name and connect to it; look in its log for this request; check its DNS servers, its parent proxy and the firewall behind it.`,
    commands: fetchThroughProxy,
    example: { target: 'crl.globalsign.com:80', evidence: { ...evidence, status: 503 } },
    seeAlso: ['proxy-unreachable', 'http-status', 'dns-not-found'],
    sources: ['RFC 9110 sections 15.6.3 and 15.6.5 (502, 504)'],
  },
};
