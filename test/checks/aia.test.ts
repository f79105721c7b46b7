import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRun } from '../../agent/run/context.ts';
import { aiaCheck } from '../../checks/aia.ts';
import { fingerprint256 } from '../../checks/pki/certificate.ts';
import { oids } from '../../checks/pki/oids.ts';
import type { Authority, Finding, Judgement, Profile } from '../../checks/types.ts';
import { rootAuthority } from '../helpers/authorities.ts';
import { context, integer, oid, sequence, setOf } from '../helpers/der-writer.ts';
import { type Answer, fakeHost } from '../helpers/fake-host.ts';
import { type Identity, makeCa, testTime } from '../helpers/private-ca.ts';
import { extKeyUsage, unknownExtension } from '../helpers/x509-writer.ts';

const root = makeCa({ name: 'C=XX, O=Test, CN=Root' });
const stranger = makeCa({ name: 'C=XX, O=Test, CN=Root' });
const ca = root.issue({ name: 'O=Test, CN=Issuing CA', ca: true, pathLength: 0 });
const url = 'http://ca.example.com/issuing.crt';
const middleUrl = 'http://ca.example.com/middle.crt';

const profileOf = (...authorities: readonly Authority[]): Profile => ({
  id: 'test',
  title: 'Test',
  replaces: [],
  notes: [],
  endpoints: [],
  authorities: [rootAuthority(root.der), ...authorities],
  crls: [],
  ocsp: [],
});
/** An authority that the profile knows by its issuer only. */
const open: Authority = { id: 'ca', name: 'Issuing CA', root: false, issuer: 'root', url };
const pinned: Authority = { ...open, sha256: fingerprint256(ca.der) };
const embedded: Authority = { ...pinned, der: ca.der };

const text = (value: string): Buffer => Buffer.from(value, 'latin1');
const pkcs7 = (...certificates: readonly Uint8Array[]): Buffer =>
  sequence(
    oid('1.2.840.113549.1.7.2'),
    context(
      0,
      sequence(
        integer(1),
        setOf(),
        sequence(oid('1.2.840.113549.1.7.1')),
        context(0, ...certificates),
        setOf(),
      ),
    ),
  );

/** The CA's name and key in a certificate of its own. */
const reissue = (options: Partial<Parameters<Identity['issue']>[0]> = {}): Identity =>
  root.issue({ name: ca.name, key: ca, ca: true, ...options });

const observe = async (profile: Profile, answers: ReadonlyMap<string, Answer>, target = url) => {
  const host = fakeHost({ answers });
  const run = createRun(host, { smtp: [] });
  const { signal } = new AbortController();
  const tasks = aiaCheck.tasks(profile, run);
  const task = tasks.find((each) => each.target === target);
  assert.ok(task);
  const observation = await task.observe(signal);
  return { host, run, signal, tasks, observation };
};
const judge = async (authority: Authority, body: Uint8Array, at = testTime): Promise<Judgement> => {
  const answers = new Map<string, Answer>([[url, { body }]]);
  return (await observe(profileOf(authority), answers)).observation.judge(at);
};
const codes = ({ findings }: Judgement) => findings.map(({ code }) => code);

describe('an authority whose URL gives the right certificate', () => {
  const right: readonly [name: string, authority: Authority, body: Uint8Array, format: string][] = [
    ['by its issuer’s signature', open, ca.der, 'der'],
    ['by its fingerprint', pinned, ca.der, 'der'],
    ['by the certificate in the profile', embedded, ca.der, 'der'],
    ['in PEM', open, text(ca.pem), 'pem'],
    ['in PKCS#7', open, pkcs7(ca.der), 'pkcs7'],
    [
      'in PKCS#7 behind its root and a stranger',
      open,
      pkcs7(stranger.der, root.der, ca.der),
      'pkcs7',
    ],
    [
      'in PEM behind another CA of the same root',
      pinned,
      text(root.issue({ name: 'CN=X', ca: true }).pem + ca.pem),
      'pem',
    ],
  ];
  for (const [name, authority, body, format] of right)
    it(name, async () => {
      const judgement = await judge(authority, body);
      assert.deepEqual(judgement.findings, []);
      assert.equal(judgement.unknown, undefined);
      assert.equal(judgement.blockedBy, undefined);
      assert.deepEqual(judgement.evidence, {
        subject: 'O=Test, CN=Issuing CA',
        issuer: 'C=XX, O=Test, CN=Root',
        sha256: fingerprint256(ca.der),
        notAfter: '2040-01-01T00:00:00.000Z',
        format,
      });
    });

  it('issued anew with the same name and key', async () => {
    const anew = reissue();
    const judgement = await judge(embedded, anew.der);
    assert.deepEqual(judgement.findings, []);
    assert.equal(judgement.evidence['reissued'], true);
    assert.equal(judgement.evidence['sha256'], fingerprint256(anew.der));
  });
});

describe('an authority whose URL gives something else', () => {
  const wrong: readonly [
    name: string,
    authority: Authority,
    body: Uint8Array,
    code: string,
    reason?: string,
  ][] = [
    [
      'another CA of the same root',
      pinned,
      root.issue({ name: 'CN=X', ca: true }).der,
      'issuer-mismatch',
      'another-certificate',
    ],
    [
      'the same name with another key',
      embedded,
      root.issue({ name: ca.name, ca: true }).der,
      'issuer-mismatch',
      'another-certificate',
    ],
    [
      'signed by a root of the same name',
      open,
      stranger.issue({ name: ca.name, ca: true }).der,
      'issuer-mismatch',
      'not-signed-by-issuer',
    ],
    ['the root', open, root.der, 'issuer-mismatch', 'not-signed-by-issuer'],
    ['a leaf', open, root.issue({ name: 'CN=leaf' }).der, 'issuer-mismatch', 'not-a-ca'],
    [
      'issued anew by a stranger',
      embedded,
      stranger.issue({ name: ca.name, key: ca, ca: true }).der,
      'issuer-mismatch',
      'issuer-missing',
    ],
    [
      'issued anew with an unknown critical extension',
      embedded,
      reissue({ extensions: [unknownExtension(true)] }).der,
      'issuer-mismatch',
      'critical-extension',
    ],
    [
      'issued anew for e-mail only',
      embedded,
      reissue({ extensions: [extKeyUsage([oids.emailProtection])] }).der,
      'issuer-mismatch',
      'purpose',
    ],
    ['DER that is no certificate', open, root.crl(), 'issuer-malformed'],
    ['a certificate cut short', open, ca.der.subarray(0, -9), 'issuer-malformed'],
    ['PKCS#7 without certificates', open, pkcs7(), 'issuer-malformed'],
    ['PEM of a key', open, text(ca.keyPem), 'issuer-malformed'],
    ['text', open, text('gone fishing'), 'unexpected-content'],
    ['nothing', open, Buffer.alloc(0), 'unexpected-content'],
  ];
  for (const [name, authority, body, code, reason] of wrong)
    it(`${name}: ${code}`, async () => {
      const judgement = await judge(authority, body);
      assert.deepEqual(codes(judgement), [code]);
      const [finding] = judgement.findings;
      assert.equal(finding?.target, url);
      assert.equal(finding.evidence['reason'], reason);
    });

  it('more than one fault of one certificate are one gap with all reasons', async () => {
    const extensions = [unknownExtension(true), extKeyUsage([oids.clientAuth])];
    const judgement = await judge(embedded, reissue({ extensions }).der);
    assert.deepEqual(codes(judgement), ['issuer-mismatch']);
    assert.deepEqual(judgement.findings[0]?.evidence['reasons'], ['critical-extension', 'purpose']);
  });
});

describe('an authority’s validity', () => {
  const shortLived = root.issue({
    name: ca.name,
    ca: true,
    notBefore: new Date('2025-01-01T00:00:00Z'),
    notAfter: new Date('2025-07-01T00:00:00Z'),
  });
  const times: readonly [string, readonly string[]][] = [
    ['2025-06-01T00:00:00Z', []],
    ['2024-06-01T00:00:00Z', ['certificate-not-yet-valid']],
    ['2025-07-01T00:00:01Z', ['certificate-expired']],
  ];
  for (const [at, expected] of times)
    it(`at ${at}: ${expected.join() || 'valid'}`, async () => {
      assert.deepEqual(codes(await judge(open, shortLived.der, new Date(at))), expected);
    });

  it('does not count its root’s time: the trust stores tell that', async () => {
    assert.deepEqual(codes(await judge(open, ca.der, new Date('2039-12-31T00:00:00Z'))), []);
  });
});

describe('an authority under another that is fetched too', () => {
  const middle = root.issue({ name: 'CN=Middle', ca: true });
  const low = middle.issue({ name: 'CN=Low', ca: true });
  const profile = profileOf(
    { id: 'middle', name: 'Middle', root: false, issuer: 'root', url: middleUrl },
    { ...open, name: 'Low', issuer: 'middle' },
  );

  it('is verified through it, each fetched once', async () => {
    const answers = new Map<string, Answer>([
      [url, { body: low.der }],
      [middleUrl, { body: middle.der }],
    ]);
    const { host, run, signal, tasks, observation } = await observe(profile, answers);
    assert.deepEqual(observation.judge(testTime).findings, []);
    await Promise.all(tasks.map((task) => task.observe(signal)));
    assert.deepEqual(await run.authority(profile, 'ca', signal), { der: low.der, source: 'aia' });
    assert.deepEqual([...host.fetched].sort(), [url, middleUrl].sort());
  });

  const timeout: Finding = {
    code: 'connect-timeout',
    target: 'ca.example.com:80',
    evidence: { address: '192.0.2.1' },
  };

  it('is blocked where the other cannot be fetched, and still fetched itself', async () => {
    const answers = new Map<string, Answer>([
      [url, { body: low.der }],
      [middleUrl, { finding: timeout }],
    ]);
    const { run, signal, observation } = await observe(profile, answers);
    const judgement = observation.judge(testTime);
    assert.deepEqual(judgement.findings, []);
    assert.deepEqual(judgement.blockedBy, ['connect-timeout:ca.example.com:80']);
    assert.equal(judgement.evidence['subject'], 'CN=Low');
    const certificate = await run.authority(profile, 'ca', signal);
    assert.equal(certificate.der, undefined);
    assert.deepEqual(certificate.blockedBy, ['connect-timeout:ca.example.com:80']);
  });

  it('is blocked where the other is not what it should be', async () => {
    const answers = new Map<string, Answer>([
      [url, { body: low.der }],
      [middleUrl, { body: stranger.issue({ name: 'CN=Middle', ca: true }).der }],
    ]);
    const { observation } = await observe(profile, answers);
    const judgement = observation.judge(testTime);
    assert.deepEqual(judgement.blockedBy, [`issuer-mismatch:${middleUrl}`]);
  });

  it('still has its own time judged while it is blocked', async () => {
    const answers = new Map<string, Answer>([
      [url, { body: low.der }],
      [middleUrl, { finding: timeout }],
    ]);
    const { observation } = await observe(profile, answers);
    const judgement = observation.judge(new Date('2041-01-01T00:00:00Z'));
    assert.deepEqual(codes(judgement), ['certificate-expired']);
    assert.deepEqual(judgement.blockedBy, ['connect-timeout:ca.example.com:80']);
  });

  it('passes on its own network gap', async () => {
    const answers = new Map<string, Answer>([
      [url, { finding: timeout }],
      [middleUrl, { body: middle.der }],
    ]);
    const { observation } = await observe(profile, answers);
    const judgement = observation.judge(testTime);
    assert.deepEqual(judgement.findings, [timeout]);
    assert.equal(judgement.blockedBy, undefined);
  });

  it('is unknown where the profile’s issuers lead in a circle', async () => {
    const circle = profileOf(
      { id: 'middle', name: 'Middle', root: false, issuer: 'ca', url: middleUrl },
      { ...open, issuer: 'middle' },
    );
    const answers = new Map<string, Answer>([[url, { body: low.der }]]);
    const { observation } = await observe(circle, answers);
    assert.notEqual(observation.judge(testTime).unknown, undefined);
  });
});

describe('which questions are asked', () => {
  it('one for each URL, the same for profiles that mean the same', () => {
    const run = createRun(fakeHost(), { smtp: [] });
    const ask = (profile: Profile) => aiaCheck.tasks(profile, run);
    assert.deepEqual(ask(profileOf()), []);
    const [first] = ask(profileOf(open));
    const [again] = ask({ ...profileOf(open), id: 'other' });
    const [other] = ask(profileOf(pinned));
    assert.equal(first?.target, url);
    assert.deepEqual([again?.target, again?.question], [url, first.question]);
    assert.notEqual(other?.question, first.question);
  });
});
