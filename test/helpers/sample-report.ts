/** Reports as a run makes them, one per situation, for whoever renders, stores or sends a report. */

import { categoryOf } from '../../agent/report/causes.ts';
import type { CheckResult, Gap, Report, ReportedProfile } from '../../agent/report/report.ts';
import { gaps as gapWords } from '../../checks/gaps.ts';
import { type GapCode, type Platform, gapCodesByCategory, gapId } from '../../checks/types.ts';

export const r1Profile: ReportedProfile = {
  id: 'exchange-online-globalsign-r1',
  title: 'Exchange Online moves to GlobalSign Root CA - R1',
  effective: '2018-09-03',
  verdict: 'ready',
  supersededBy: 'exchange-online-digicert-g2',
  retired: false,
  notes: ['The announcement does not list ocsp2.globalsign.com, which the certificates name.'],
};

const g2Profile: ReportedProfile = {
  id: 'exchange-online-digicert-g2',
  title: 'Exchange Online moves to DigiCert Global Root G2',
  effective: '2026-03-22',
  verdict: 'ready',
  retired: false,
};

const profile = r1Profile.id;
const crlUrl = 'http://crl.globalsign.com/gsorganizationvalsha2g3.crl';
const aiaUrl = 'http://secure.globalsign.com/cacert/gsorganizationvalsha2g3.crt';
const ocspUrl = 'http://ocsp.globalsign.com/rootr1';
const mailHost = 'contoso-com.mail.protection.outlook.com:25';

type CheckParts = Pick<CheckResult, 'kind' | 'target'> & Partial<CheckResult>;

export const check = (parts: CheckParts): CheckResult => ({
  id: `${parts.kind}:${parts.target}`,
  profile,
  status: 'ok',
  summary: 'as expected',
  durationMs: 12,
  stages: [],
  evidence: {},
  ...parts,
});

const endpoint = check({
  kind: 'endpoint',
  target: 'crl.globalsign.com:80',
  summary: 'connected to 203.0.113.7, 2001:db8::7',
  stages: [
    { name: 'dns', ms: 4, detail: '203.0.113.7, 2001:db8::7' },
    { name: 'connect', ms: 11, detail: '203.0.113.7' },
  ],
  evidence: {
    addresses: ['203.0.113.7', '2001:db8::7'],
    address: '203.0.113.7',
    port: 80,
    localAddress: '192.0.2.25',
  },
});

const crl = check({
  kind: 'crl',
  target: crlUrl,
  durationMs: 41,
  summary: '1342 entries, next update 2026-11-30',
  stages: [
    { name: 'dns', ms: 0 },
    { name: 'connect', ms: 11, detail: '203.0.113.7' },
    { name: 'request', ms: 1 },
    { name: 'response', ms: 27, detail: 'HTTP 200' },
    { name: 'parse', ms: 2 },
    { name: 'verify', ms: 1 },
  ],
  evidence: {
    issuer: 'CN=GlobalSign Organization Validation CA - SHA256 - G3, O=GlobalSign nv-sa, C=BE',
    crlNumber: '0BB8',
    thisUpdate: '2026-11-23T00:00:00.000Z',
    nextUpdate: '2026-11-30T00:00:00.000Z',
    entries: 1342,
    bytes: 50_115,
    signature: 'valid',
    sha256: '9F'.repeat(32),
  },
});

const aia = check({
  kind: 'aia',
  target: aiaUrl,
  durationMs: 1240,
  summary: 'CN=GlobalSign Organization Validation CA - SHA256 - G3 until 2027-09-04, der',
  stages: [
    { name: 'connect', ms: 1190, detail: '203.0.113.8' },
    { name: 'response', ms: 50, detail: 'HTTP 200' },
  ],
  evidence: { notAfter: '2027-09-04T00:00:00.000Z', format: 'der' },
});

const ocsp = check({
  kind: 'ocsp',
  target: ocspUrl,
  durationMs: 22,
  summary: 'good, next update 2026-11-27',
  evidence: { certStatus: 'good', nextUpdate: '2026-11-27T21:00:00.000Z', method: 'POST' },
});

const store = check({
  kind: 'trust-store',
  target: 'r1@/etc/ssl/certs',
  durationMs: 3,
  summary: 'trusted',
  evidence: { store: 'openssl-directory', path: '/etc/ssl/certs', trusted: true },
});

const smtp = check({
  kind: 'smtp',
  target: mailHost,
  durationMs: 180,
  summary: 'TLSv1.3, mail.protection.outlook.com',
  evidence: { protocol: 'TLSv1.3', notAfter: '2027-01-12T23:59:59.000Z' },
});

const rootUpdate = check({
  kind: 'root-update',
  target: 'mx1.example.org',
  status: 'skipped',
  durationMs: 0,
  summary: 'only Windows fetches roots by itself',
});

const base: Report = {
  schemaVersion: 1,
  verdict: 'ready',
  evaluatedAt: '2026-11-23T21:00:00.000Z',
  startedAt: '2026-11-23T21:00:00.000Z',
  durationMs: 1312,
  host: { name: 'mx1.example.org', platform: 'linux', release: '6.1.0' },
  agent: { name: 'certready', version: '0.1.0' },
  profiles: [r1Profile],
  checks: [endpoint, aia, crl, ocsp, store, smtp, rootUpdate],
  gaps: [],
};

export const readyReport: Report = base;

export const silentFirewall: Gap = {
  id: 'connect-timeout:crl.globalsign.com:80',
  code: 'connect-timeout',
  category: 'firewall',
  owner: 'network',
  severity: 'critical',
  target: 'crl.globalsign.com:80',
  checks: [endpoint.id, crl.id],
  summary: 'No answer from crl.globalsign.com:80 (203.0.113.7, 2001:db8::7) within 5 s',
  remedy:
    'Allow this host to open TCP connections to crl.globalsign.com, port 80. Silence means that a rule drops the packets, or the answers to them.',
  commands: [
    "nc -v -z -w 5 -- 'crl.globalsign.com' 80",
    `curl -sSv -g --connect-timeout 5 --max-time 15 -o certready-body.bin --url '${crlUrl}'`,
  ],
  evidence: {
    addresses: ['203.0.113.7', '2001:db8::7'],
    address: '203.0.113.7',
    stage: 'connect',
    ms: 5003,
    results: [
      { address: '203.0.113.7', result: 'connect-timeout', ms: 5001 },
      { address: '2001:db8::7', result: 'connect-unreachable', error: 'ENETUNREACH', ms: 1 },
    ],
    port: 80,
  },
};

const rootMissing: Gap = {
  id: 'root-missing:r1@/etc/ssl/certs',
  code: 'root-missing',
  category: 'root-store',
  owner: 'server',
  severity: 'critical',
  target: 'r1@/etc/ssl/certs',
  checks: [store.id],
  summary: 'GlobalSign Root CA - R1 is not in /etc/ssl/certs',
  remedy: 'Add the root to the store and restart the mail server.',
  commands: [
    "certready profile show 'exchange-online-globalsign-r1' --pem --authority 'r1' -o 'certready-root.pem'",
    'update-ca-certificates',
  ],
  evidence: { store: 'openssl-directory', path: '/etc/ssl/certs', sha256: 'EBD41040'.repeat(8) },
};

const ocspExpired: Gap = {
  id: `ocsp-expired:${ocspUrl}`,
  code: 'ocsp-expired',
  category: 'revocation',
  owner: 'ca',
  severity: 'warning',
  target: ocspUrl,
  checks: [ocsp.id],
  summary: 'The answer was valid until 2026-11-20',
  remedy: 'Report it to the CA.',
  commands: [],
  evidence: { nextUpdate: '2026-11-20T21:00:00.000Z' },
};

const oldCertificate: Gap = {
  id: `old-certificate:${mailHost}`,
  code: 'old-certificate',
  category: 'certificate',
  owner: 'peer',
  severity: 'warning',
  target: mailHost,
  checks: [smtp.id],
  summary: 'The chain ends in Baltimore CyberTrust Root',
  remedy: "Ask the mail host's operator when it changes.",
  commands: [
    `openssl s_client -starttls smtp -connect '${mailHost}' -servername 'contoso-com.mail.protection.outlook.com' </dev/null`,
  ],
  evidence: { root: 'CN=Baltimore CyberTrust Root' },
};

/** A gap of every owner; the firewall's blocks a check. */
export const notReadyReport: Report = {
  ...base,
  verdict: 'not-ready',
  profiles: [{ ...r1Profile, verdict: 'not-ready' }],
  checks: [
    { ...endpoint, status: 'critical', summary: 'connect-timeout', durationMs: 5004 },
    aia,
    {
      ...crl,
      status: 'blocked',
      summary: 'connect-timeout',
      evidence: {},
      stages: [],
      blockedBy: [silentFirewall.id],
    },
    { ...ocsp, status: 'warning', summary: 'ocsp-expired' },
    { ...store, status: 'critical', summary: 'root-missing' },
    { ...smtp, status: 'warning', summary: 'old-certificate' },
    rootUpdate,
  ],
  gaps: [silentFirewall, rootMissing, ocspExpired, oldCertificate],
};

/** One check whose deadline passed; nothing else is wrong. */
export const unknownReport: Report = {
  ...base,
  verdict: 'unknown',
  profiles: [{ ...r1Profile, verdict: 'unknown' }],
  checks: [
    { ...crl, status: 'unknown', summary: 'the deadline of the run passed before this was done' },
    ocsp,
    store,
  ],
};

export const nothingJudgedReport: Report = {
  ...base,
  verdict: 'unknown',
  profiles: [{ ...r1Profile, verdict: 'unknown' }],
  checks: [],
};

/** The CA's own data is stale, which is no more than a warning for a change that is over. */
export const retiredReport: Report = {
  ...base,
  verdict: 'warning',
  profiles: [{ ...r1Profile, verdict: 'warning', retired: true }],
  checks: [{ ...ocsp, status: 'warning' }, crl, store],
  gaps: [ocspExpired],
};

/** Two profiles, one of them not ready; the CRL check belongs to both. */
export const severalProfilesReport: Report = {
  ...notReadyReport,
  profiles: [{ ...r1Profile, verdict: 'not-ready', retired: true }, g2Profile],
  checks: notReadyReport.checks.map((item) =>
    item.kind === 'endpoint' || item.kind === 'crl'
      ? { ...item, profiles: [r1Profile.id, g2Profile.id] }
      : item,
  ),
};

/** A gap of each kind of conversation on the path. */
export const pathReport: Report = {
  ...notReadyReport,
  gaps: [
    silentFirewall,
    {
      ...silentFirewall,
      id: 'dns-failure:192.0.2.53:53',
      code: 'dns-failure',
      category: 'dns',
      target: '192.0.2.53:53',
      checks: [],
      evidence: {
        resolvers: ['192.0.2.53:53'],
        names: ['ocsp.globalsign.com', 'secure.globalsign.com'],
        error: 'ESERVFAIL',
      },
    },
    {
      ...silentFirewall,
      id: `block-page:${crlUrl}`,
      code: 'block-page',
      target: crlUrl,
      checks: [crl.id],
      evidence: { address: '203.0.113.7', status: 403, contentType: 'text/html' },
    },
    {
      ...silentFirewall,
      id: 'proxy-denied:ocsp.globalsign.com:80',
      code: 'proxy-denied',
      category: 'proxy',
      target: 'ocsp.globalsign.com:80',
      checks: [ocsp.id],
      evidence: { proxy: 'proxy.example.org:3128', status: 403 },
    },
    {
      ...silentFirewall,
      id: `starttls-stripped:${mailHost}`,
      code: 'starttls-stripped',
      target: mailHost,
      checks: [smtp.id],
      evidence: { address: '198.51.100.25', reply: '250-XXXXXXXA' },
    },
    {
      ...silentFirewall,
      id: 'proxy-unreachable:proxy.example.org:3128',
      code: 'proxy-unreachable',
      category: 'proxy',
      target: 'proxy.example.org:3128',
      checks: [aia.id],
      evidence: { error: 'ECONNREFUSED' },
    },
  ],
};

export const windowsReport: Report = {
  ...pathReport,
  host: { name: 'EX01.example.org', platform: 'win32', release: '10.0.20348' },
};

/** Text that attacks whatever shows it: a terminal, a monitoring page, a browser, a metrics parser, a shell. */
export const hostileText =
  "\u001b[2J\u001b]0;owned\u0007\u009b31m<script>alert(1)</script>\"'&|\\ \u202egnp.exe\u2066\r\nREADY all is well\u2028'; rm -rf ~ #\ud800";

/** Everything that can come from outside is hostile, and long. */
export const hostileReport: Report = {
  ...notReadyReport,
  profiles: [{ ...r1Profile, verdict: 'not-ready', title: hostileText, notes: [hostileText] }],
  checks: [
    ...notReadyReport.checks.map((item) => ({
      ...item,
      summary: hostileText,
      stages: [{ name: 'response' as const, ms: 1, detail: hostileText }],
      evidence: { ...item.evidence, banner: hostileText, [hostileText]: [hostileText, { a: 1 }] },
    })),
    check({ kind: 'smtp', target: `mail.example.net:25`, summary: 'x'.repeat(100_000) }),
    check({ kind: 'crl', target: `http://crl.example.net/?a='=|"\n`, status: 'unknown' }),
  ],
  gaps: notReadyReport.gaps.map((gap) => ({
    ...gap,
    target: gap.target + hostileText,
    summary: hostileText + 'y'.repeat(100_000),
    remedy: hostileText,
    commands: [...gap.commands, `printf '%s' ${hostileText}`],
    evidence: {
      ...gap.evidence,
      banner: hostileText,
      addresses: [hostileText, '203.0.113.7', { address: hostileText }],
      results: [{ address: '203.0.113.7', result: hostileText, error: hostileText }],
      proxy: hostileText,
    },
  })),
};

/** One gap of every code, with the words and the evidence of its example. */
export const everyGapReport = (platform: Platform): Report => {
  const codes: readonly GapCode[] = Object.values(gapCodesByCategory).flat();
  const gaps = codes.map((code): Gap => {
    const words = gapWords[code];
    const finding = { code, ...words.example };
    const { target, evidence, owner = words.owner, severity = words.severity } = finding;
    return {
      id: gapId(finding),
      code,
      category: categoryOf(code),
      owner,
      severity,
      target,
      checks: [endpoint.id],
      summary: words.summary(finding),
      remedy: words.remedy(finding),
      commands: words.commands(finding, platform),
      evidence,
    };
  });
  return { ...notReadyReport, host: { ...base.host, platform }, gaps };
};
