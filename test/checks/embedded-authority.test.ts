/** Authorities that a profile carries without a URL: whatever depends on one tells what is wrong with it. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runOnce } from '../../agent/run.ts';
import { fingerprint256 } from '../../checks/pki/certificate.ts';
import { oids } from '../../checks/pki/oids.ts';
import type { Authority, CheckKind, Profile } from '../../checks/types.ts';
import { authority as embedded, rootAuthority } from '../helpers/authorities.ts';
import { type Answer, fakeHost } from '../helpers/fake-host.ts';
import { makeOcsp } from '../helpers/ocsp-maker.ts';
import { type Identity, makeCa, testTime } from '../helpers/private-ca.ts';
import { basicConstraints, extKeyUsage, keyUsage } from '../helpers/x509-writer.ts';

const crlUrl = 'http://crl.example/ca.crl';
const rootCrlUrl = 'http://crl.example/root.crl';
// A query leaves POST alone.
const ocspUrl = 'http://ocsp.example/?ca';
const rootOcspUrl = 'http://ocsp.example/?root';
const certificateUrl = 'http://ca.example/ca.crt';
const ended = new Date('2025-06-02T00:00:00Z');
const later = new Date('2025-06-04T00:00:00Z');

const root = makeCa({ name: 'C=XX, O=Test, CN=Root' });
const stranger = makeCa({ name: root.name });
const ca = root.issue({ name: 'O=Test, CN=Issuing CA', ca: true, notAfter: ended });
const renewed = root.issue({ name: ca.name, key: ca, ca: true });
const rolled = root.issue({ name: ca.name, ca: true });
const early = root.issue({ name: ca.name, key: ca, ca: true, notBefore: later });
const forged = stranger.issue({ name: ca.name, key: ca, ca: true });
const crlSigner = root.issue({ name: ca.name, key: ca, onlyExtensions: [keyUsage('cRLSign')] });
const crlKey = root.issue({
  name: ca.name,
  key: ca,
  onlyExtensions: [basicConstraints(true), keyUsage('cRLSign')],
});
const forClients = root.issue({
  name: ca.name,
  key: ca,
  ca: true,
  extensions: [extKeyUsage([oids.clientAuth])],
});
const above = root.issue({ name: 'O=Test, CN=Policy CA', ca: true, notAfter: ended });
const below = above.issue({ name: 'O=Test, CN=Lower CA', ca: true });
const noCa = root.issue({ name: above.name, key: above });
const crossed = root.issue({ name: below.name, key: below, ca: true });

const authority = (id: string, { der }: Identity, more: Partial<Authority> = {}): Authority =>
  embedded(id, der, more);
const upper = authority('above', above);
const lower = authority('below', below, { issuer: 'above' });

/** Nothing here leads through it: fetching it would be a fault of the test's network. */
const elsewhere: Authority = {
  id: 'elsewhere',
  name: 'Test elsewhere',
  root: false,
  issuer: 'root',
  url: 'http://ca.example/elsewhere.crt',
};

const timeout: Answer = {
  finding: { code: 'connect-timeout', target: 'ca.example:80', evidence: {} },
};

interface Asked {
  readonly authorities: readonly Authority[];
  /** Who signs the CRL and the answer of the OCSP responder; default `ca`. */
  readonly by?: Identity;
  readonly top?: Identity;
  readonly at?: Date;
  readonly kinds?: readonly CheckKind[];
  readonly answers?: Readonly<Record<string, Answer>>;
  readonly more?: Partial<Profile>;
}

const reportOf = (asked: Asked) => {
  const { authorities, by = ca, top = root, at = testTime, kinds = ['crl'], more } = asked;
  const profile: Profile = {
    id: 'test',
    path: '/etc/certready/test.yaml',
    title: 'Test',
    replaces: [],
    notes: [],
    endpoints: [],
    authorities: [rootAuthority(top.der), ...authorities],
    crls: [{ url: crlUrl, issuer: authorities[0]?.id ?? 'root' }],
    ocsp: [{ url: ocspUrl, issuer: authorities[0]?.id ?? 'root', certificate: { serial: '1234' } }],
    ...more,
  };
  const answers = {
    [crlUrl]: { body: by.crl() },
    [rootCrlUrl]: { body: root.crl() },
    [ocspUrl]: { body: makeOcsp({ issuer: by, serial: 0x1234 }) },
    [rootOcspUrl]: { body: makeOcsp({ issuer: root, serial: ca.serial }) },
    ...asked.answers,
  };
  return runOnce({
    profiles: [profile],
    host: fakeHost({ answers: new Map<string, Answer>(Object.entries(answers)) }),
    run: { smtp: [], at },
    kinds: new Set(kinds),
    runTimeoutMs: 10_000,
    version: '0',
    signal: new AbortController().signal,
  });
};
const brief = async (asked: Asked): Promise<readonly string[]> => {
  const { checks, gaps } = await reportOf(asked);
  return [
    ...gaps.map(({ id, severity }) => `${severity} ${id}`),
    ...checks.flatMap(({ id, status }) => (status === 'unknown' ? [`unknown ${id}`] : [])),
  ];
};

const expired = ['critical certificate-expired:ca'];

describe('a CRL by an authority that its profile alone brings', () => {
  const cases: readonly [name: string, asked: Asked, gaps: readonly string[]][] = [
    ['which has ended', { authorities: [authority('ca', ca)] }, expired],
    ['which is valid', { authorities: [authority('ca', renewed)] }, []],
    [
      'which is not valid yet',
      { authorities: [authority('ca', early)] },
      ['critical certificate-not-yet-valid:ca'],
    ],
    [
      'which the root did not sign',
      { authorities: [authority('ca', forged)] },
      ['critical issuer-mismatch:ca'],
    ],
    ['which issues CRLs alone', { authorities: [authority('ca', crlSigner)] }, []],
    ['whose key is for CRLs alone', { authorities: [authority('ca', crlKey)] }, []],
    ['which issues for clients alone', { authorities: [authority('ca', forClients)] }, []],
    [
      'under one that is no CA',
      { authorities: [lower, authority('above', noCa)], by: below },
      ['critical issuer-mismatch:above'],
    ],
    [
      'under one that cannot be fetched, whose check tells',
      {
        authorities: [lower, { ...elsewhere, id: 'above' }],
        by: below,
        answers: { [elsewhere.url ?? '']: timeout },
      },
      [],
    ],
    [
      'that has ended, beside a renewed certificate of the same name that a URL brings',
      {
        authorities: [authority('ca', ca), { ...elsewhere, name: 'Test ca' }],
        answers: { [elsewhere.url ?? '']: { body: renewed.der } },
      },
      [],
    ],
    [
      'under one that has ended',
      { authorities: [lower, upper], by: below },
      ['critical certificate-expired:above'],
    ],
    [
      'that has ended, beside a renewed certificate',
      { authorities: [authority('ca', ca), authority('anew', renewed)] },
      [],
    ],
    [
      'that has ended, beside another key of its name',
      { authorities: [authority('ca', ca), authority('anew', rolled)] },
      expired,
    ],
    [
      'whose name has another key, by which it is signed',
      {
        authorities: [
          authority('ca', ca, { name: 'Same' }),
          authority('anew', rolled, { name: 'Same' }),
        ],
        by: rolled,
      },
      [],
    ],
    [
      'under one that has ended, and certified by the root as well',
      { authorities: [lower, upper, authority('crossed', crossed)], by: below },
      [],
    ],
    [
      'whose root has ended, as its trust stores tell',
      {
        authorities: [authority('ca', renewed)],
        top: makeCa({ name: root.name, key: root, notAfter: ended }),
      },
      [],
    ],
    [
      'whose root is known by its fingerprint alone',
      {
        authorities: [authority('ca', renewed)],
        more: {
          authorities: [
            { id: 'root', name: 'Root', root: true, sha256: fingerprint256(root.der) },
            authority('ca', renewed),
          ],
        },
      },
      [],
    ],
    [
      'which has ended, whose root is known by its fingerprint alone',
      {
        authorities: [authority('ca', ca)],
        more: {
          authorities: [
            { id: 'root', name: 'Root', root: true, sha256: fingerprint256(root.der) },
            authority('ca', ca),
          ],
        },
      },
      expired,
    ],
    [
      'that has a URL, whose check tells',
      { authorities: [authority('ca', ca, { url: certificateUrl })] },
      [],
    ],
    [
      'which the root did not sign, beside another that is not asked for',
      { authorities: [authority('ca', forged), elsewhere] },
      ['critical issuer-mismatch:ca'],
    ],
    [
      'and that did not sign it',
      { authorities: [authority('ca', ca)], by: rolled },
      ['critical crl-wrong-issuer:http://crl.example/ca.crl'],
    ],
    [
      'that has ended, in a retired profile',
      { authorities: [authority('ca', ca)], more: { supersededBy: 'next' } },
      ['warning certificate-expired:ca'],
    ],
  ];
  for (const [name, asked, gaps] of cases)
    it(name, async () => assert.deepEqual(await brief(asked), gaps));
});

describe('an OCSP answer by an authority that its profile alone brings', () => {
  const kinds: readonly CheckKind[] = ['ocsp'];
  const cases: readonly [name: string, asked: Asked, gaps: readonly string[]][] = [
    ['which has ended', { authorities: [authority('ca', ca)] }, expired],
    ['which is valid', { authorities: [authority('ca', renewed)] }, []],
    [
      'which is no CA',
      { authorities: [authority('ca', crlSigner)] },
      ['critical issuer-mismatch:ca'],
    ],
    [
      'under one that has ended',
      { authorities: [lower, upper], by: below },
      ['critical certificate-expired:above'],
    ],
    [
      'and that does not answer',
      {
        authorities: [authority('ca', ca)],
        answers: { [ocspUrl]: timeout },
      },
      ['critical connect-timeout:ca.example:80'],
    ],
  ];
  for (const [name, asked, gaps] of cases)
    it(name, async () => assert.deepEqual(await brief({ ...asked, kinds }), gaps));
});

describe('an authority that its profile alone brings', () => {
  it('is told under one that a URL brings', async () => {
    const asked: Asked = {
      authorities: [authority('below', below, { issuer: 'above', url: certificateUrl }), upper],
      kinds: ['aia'],
      answers: { [certificateUrl]: { body: below.der } },
    };
    assert.deepEqual(await brief(asked), ['critical certificate-expired:above']);
    assert.deepEqual(await brief({ ...asked, at: new Date('2025-06-01T12:00:00Z') }), []);
    assert.deepEqual(await brief({ ...asked, answers: { [certificateUrl]: timeout } }), [
      'critical connect-timeout:ca.example:80',
    ]);
  });

  it('is a warning where it has ended and is only asked about', async () => {
    const crls = [{ url: rootCrlUrl, issuer: 'root' }];
    const ocsp = [{ url: rootOcspUrl, issuer: 'root', certificate: { authority: 'ca' } }];
    const authorities = [authority('ca', ca)];
    const warning = ['warning certificate-expired:ca'];
    assert.deepEqual(await brief({ authorities, more: { crls, ocsp } }), warning);
    assert.deepEqual(await brief({ authorities, kinds: ['ocsp'], more: { crls, ocsp } }), warning);
    assert.deepEqual(await brief({ authorities: [authority('ca', early)], more: { crls } }), [
      'warning certificate-not-yet-valid:ca',
    ]);
    for (const successor of [renewed, rolled]) {
      const both = [...authorities, authority('anew', successor)];
      assert.deepEqual(await brief({ authorities: both, more: { crls } }), []);
    }
    const leaf = authority('leaf', root.issue({ name: 'CRL signer' }));
    assert.deepEqual(await brief({ authorities: [leaf], more: { crls } }), []);
  });

  it('is one gap of all checks that depend on it, with what to do', async () => {
    const report = await reportOf({ authorities: [authority('ca', ca)], kinds: ['crl', 'ocsp'] });
    const [gap, ...rest] = report.gaps;
    assert.ok(gap);
    assert.deepEqual(rest, []);
    assert.equal(report.verdict, 'not-ready');
    assert.deepEqual(
      report.checks.map(({ status }) => status),
      ['critical', 'critical'],
    );
    assert.deepEqual(
      gap.checks,
      report.checks.map(({ id }) => id),
    );
    assert.deepEqual([gap.owner, gap.category, gap.target], ['ca', 'certificate', 'ca']);
    assert.equal(gap.evidence['sha256'], fingerprint256(ca.der));
    assert.equal(gap.evidence['notAfter'], ended.toISOString());
    assert.deepEqual(gap.evidence['reasons'], ['expired']);
    assert.ok(gap.commands.some((line) => line.includes('/etc/certready/test.yaml')));
    for (const { summary } of report.checks) assert.match(summary, /^certificate-expired/);
  });
});
