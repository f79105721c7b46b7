import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { createRun } from '../../agent/run/context.ts';
import { planTasks } from '../../agent/run/plan.ts';
import { crlCheck } from '../../checks/crl.ts';
import { fingerprint256 } from '../../checks/pki/certificate.ts';
import type {
  Authority,
  CrlSource,
  Finding,
  Judgement,
  Memory,
  Network,
  Observation,
  OcspSource,
  Profile,
  SeenCrl,
} from '../../checks/types.ts';
import { authority, rootAuthority } from '../helpers/authorities.ts';
import { enumerated, integer, nullValue, oid, pem, sequence } from '../helpers/der-writer.ts';
import { type Answer, type FakeHost, fakeHost } from '../helpers/fake-host.ts';
import {
  type CrlEntryOptions,
  type CrlOptions,
  type Identity,
  flippedLastByte,
  makeCa,
  testTime,
} from '../helpers/private-ca.ts';
import {
  basicConstraints,
  certificateIssuer,
  crlDistributionPoints,
  crlNumber,
  deltaCrlIndicator,
  extension,
  freshestCrl,
  issuingDistributionPoint,
  keyUsage,
  unknownExtension,
} from '../helpers/x509-writer.ts';

const url = 'http://crl.example/root.crl';
const shardUrl = 'http://crl.example/shard.crl';
const deltaUrl = 'http://crl.example/delta.crl';
const caUrl = 'http://ca.example/ca.crt';
const point = crlDistributionPoints({ uris: [url] });

const root = makeCa({ name: 'C=XX, O=Test, CN=Root' });
const rolled = makeCa({ name: 'C=XX, O=Test, CN=Root' });
const ca = root.issue({ name: 'O=Test, CN=Issuing CA', ca: true, extensions: [point] });
const leaf = root.issue({ name: 'leaf', extensions: [point] });

const trusted = rootAuthority(root.der);
const embedded = authority('ca', ca.der);
const byAia: Authority = { id: 'ca', name: 'Test ca', root: false, issuer: 'root', url: caUrl };

const profileOf = (
  authorities: readonly Authority[] = [embedded],
  more: Partial<Profile> = {},
): Profile => ({
  id: 'test',
  title: 'Test',
  replaces: [],
  notes: [],
  endpoints: [],
  authorities: [trusted, ...authorities],
  crls: [{ url, issuer: 'root' }],
  ocsp: [],
  ...more,
});

/** One whose signatures may be weak. */
const old = makeCa({ name: 'Old', key: 'rsa' });
const oldProfile: Profile = {
  ...profileOf([]),
  authorities: [rootAuthority(old.der)],
};

type Bodies = Readonly<Record<string, Uint8Array | Finding>>;
const answersOf = (bodies: Bodies): Map<string, Answer> =>
  new Map(
    Object.entries(bodies).map(([at, body]) => [
      at,
      body instanceof Uint8Array ? { body } : { finding: body },
    ]),
  );

const observeAll = async (profile: Profile, bodies: Bodies) => {
  const host = fakeHost({ answers: answersOf(bodies) });
  const run = createRun(host, { smtp: [] });
  const { signal } = new AbortController();
  const tasks = crlCheck.tasks(profile, run);
  const observations = await Promise.all(tasks.map((task) => task.observe(signal)));
  return { host, tasks, observations };
};

interface Seen {
  readonly host: FakeHost;
  readonly observation: Observation;
  readonly judgement: Judgement;
}

const see = async (profile: Profile, bodies: Bodies, at = testTime): Promise<Seen> => {
  const { host, observations } = await observeAll(profile, bodies);
  const [observation] = observations;
  assert.ok(observation);
  return { host, observation, judgement: observation.judge(at) };
};
const codes = ({ findings }: Judgement) => findings.map(({ code }) => code);
const listed = (reason?: number): CrlOptions => ({
  entries: [{ serial: ca.serial, ...(reason !== undefined && { reason }) }],
});

describe('a sound CRL', () => {
  it('gives the evidence that the contract names', async () => {
    const crl = root.crl({ number: 4711, entries: [{ serial: 1 }, { serial: 2 }] });
    const { judgement, observation } = await see(profileOf(), { [url]: crl });
    assert.deepEqual(judgement.findings, []);
    assert.equal(judgement.blockedBy, undefined);
    assert.equal(judgement.unknown, undefined);
    assert.deepEqual(judgement.evidence, {
      issuer: 'C=XX, O=Test, CN=Root',
      crlNumber: '4711',
      thisUpdate: '2025-06-01T00:00:00.000Z',
      nextUpdate: '2025-06-08T00:00:00.000Z',
      entries: 2,
      algorithm: 'ecdsa-with-SHA256',
      bytes: crl.length,
      sha256: createHash('sha256').update(crl).digest('hex').toUpperCase(),
      signature: 'valid',
      lookedUp: [{ certificate: 'ca', status: 'good' }],
    });
    assert.match(judgement.summary, /until 2025-06-08, 2 entries, signed by Root$/);
    assert.deepEqual(
      observation.stages.map(({ name }) => name),
      ['parse', 'verify'],
    );
  });

  it('is judged at any time, the same way', async () => {
    const { observation } = await see(profileOf(), { [url]: root.crl() });
    const late = new Date('2025-06-09T00:00:00Z');
    assert.deepEqual(codes(observation.judge(late)), ['crl-expired']);
    assert.deepEqual(codes(observation.judge(testTime)), []);
    assert.deepEqual(observation.judge(late), observation.judge(late));
  });

  it('of one entry, by an issuer without a common name', async () => {
    const nameless = makeCa({ name: 'O=Nameless' });
    const profile: Profile = {
      ...profileOf([]),
      authorities: [rootAuthority(nameless.der)],
    };
    const crl = nameless.crl({ entries: [{ serial: 1 }], number: null });
    const { judgement } = await see(profile, { [url]: crl });
    assert.match(judgement.summary, /, 1 entry, signed by O=Nameless$/);
    assert.equal((judgement.evidence['notes'] as readonly string[]).length, 1);
  });

  it('says so where its signature is weak or it does not end', async () => {
    const crl = old.crl({ hash: 'sha1', nextUpdate: null });
    const { judgement } = await see(oldProfile, { [url]: crl });
    assert.deepEqual(codes(judgement), []);
    assert.equal((judgement.evidence['notes'] as readonly string[]).length, 2);
    assert.equal(judgement.evidence['weak'], true);
    assert.equal(judgement.evidence['nextUpdate'], undefined);
    assert.match(judgement.summary, /no nextUpdate.*weak/);
  });
});

describe('a CRL with a fault is a gap at its address:', () => {
  const cases: readonly [name: string, crl: Uint8Array, code: string][] = [
    ['expired', root.crl({ nextUpdate: new Date('2025-06-02') }), 'crl-expired'],
    ['not yet valid', root.crl({ thisUpdate: new Date('2025-06-04') }), 'crl-not-yet-valid'],
    ['signed by another', root.crl({ signature: flippedLastByte }), 'crl-signature-invalid'],
    ['of another issuer', leaf.crl(), 'crl-wrong-issuer'],
    ['another key’s', rolled.crl(), 'crl-wrong-issuer'],
    [
      'of another address',
      root.crl({ extensions: [issuingDistributionPoint({ uris: [shardUrl] })] }),
      'crl-out-of-scope',
    ],
    [
      'of user certificates only',
      root.crl({ extensions: [issuingDistributionPoint({ onlyContainsUserCerts: true })] }),
      'crl-out-of-scope',
    ],
    ['a delta CRL', root.crl({ extensions: [deltaCrlIndicator(1)] }), 'crl-out-of-scope'],
    ['with trailing bytes', Buffer.concat([root.crl(), Buffer.of(0)]), 'crl-malformed'],
    ['cut short', root.crl().subarray(0, -5), 'crl-malformed'],
    ['with an empty list', root.crl({ rewrite: () => ({ revoked: sequence() }) }), 'crl-malformed'],
    ['with the CA revoked', root.crl(listed(2)), 'certificate-revoked'],
    ['PEM', Buffer.from(pem('X509 CRL', root.crl())), 'unexpected-content'],
    [
      'PEM after a blank line',
      Buffer.from(`\n${pem('X509 CRL', root.crl())}`),
      'unexpected-content',
    ],
    ['nothing', Buffer.alloc(0), 'unexpected-content'],
    ['text', Buffer.from('not found'), 'unexpected-content'],
    ['a certificate', ca.der, 'unexpected-content'],
    ['PKCS#7', sequence(oid('1.2.840.113549.1.7.2'), integer(1)), 'unexpected-content'],
    ['an OCSP response', sequence(enumerated(6)), 'unexpected-content'],
  ];
  for (const [name, crl, code] of cases)
    it(name, async () => {
      const { judgement } = await see(profileOf(), { [url]: crl });
      assert.deepEqual(codes(judgement), [code]);
      assert.equal(judgement.findings[0]?.target, url);
      assert.equal(judgement.unknown, undefined);
      assert.match(judgement.summary, new RegExp(`^${code}`));
      assert.equal(judgement.findings[0].evidence['serials'], undefined);
      assert.equal(judgement.evidence['bytes'], crl.length);
      assert.equal(typeof judgement.evidence['sha256'], 'string');
      assert.equal(
        judgement.evidence['signature'] === 'valid',
        !/malformed|content|wrong-issuer|signature/.test(code),
      );
    });

  it('and says what came instead', async () => {
    const kinds: readonly [found: string, body: Uint8Array][] = [
      ['an empty body', Buffer.alloc(0)],
      ['no DER', Buffer.from('not found')],
      ['no DER', Buffer.alloc(100_000, 'x')],
      ['PEM', Buffer.from(pem('X509 CRL', root.crl()))],
      ['a certificate', ca.der],
      ['PKCS#7', sequence(oid('1.2.840.113549.1.7.2'), integer(1))],
      ['an OCSP response', sequence(enumerated(6))],
    ];
    for (const [found, body] of kinds) {
      const { judgement } = await see(profileOf(), { [url]: body });
      assert.equal(judgement.findings[0]?.evidence['found'], found);
      assert.equal(judgement.findings[0].evidence['bytes'], body.length);
    }
    const { judgement } = await see(profileOf(), { [url]: Buffer.of(0x30) });
    assert.deepEqual(codes(judgement), ['crl-malformed']);
    assert.equal(judgement.findings[0]?.evidence['bytes'], 1);
  });

  it('of a hash that is refused, by its number', async () => {
    const { judgement } = await see(oldProfile, { [url]: old.crl({ hash: 'md5' }) });
    assert.deepEqual(codes(judgement), ['crl-signature-invalid']);
    assert.equal(judgement.evidence['algorithm'], '1.2.840.113549.1.1.4');
  });

  it('that says nothing of the certificate, which is told', async () => {
    const users = issuingDistributionPoint({ onlyContainsUserCerts: true });
    const { judgement } = await see(profileOf(), { [url]: root.crl({ extensions: [users] }) });
    assert.deepEqual(judgement.evidence['lookedUp'], [
      { certificate: 'ca', status: 'unknown', reason: 'out of scope: onlyContainsUserCerts' },
    ]);
    assert.equal(judgement.findings[0]?.evidence['found'], 'onlyContainsUserCerts');
  });

  it('what the network found', async () => {
    const finding: Finding = { code: 'connect-timeout', target: 'crl.example:80', evidence: {} };
    const { judgement } = await see(profileOf(), { [url]: finding });
    assert.deepEqual(judgement.findings, [finding]);
    assert.equal(judgement.evidence['signature'], 'unchecked');
    assert.equal(judgement.unknown, undefined);
    assert.equal(judgement.summary, finding.code);
  });

  it('that brought nothing at all is unknown', async () => {
    const { network, ...host } = fakeHost();
    const nothing = { stages: [], redirects: [], serverTimes: [], bytes: 0 };
    const fetch: Network['fetch'] = () => Promise.resolve(nothing);
    const run = createRun({ ...host, network: { ...network, fetch } }, { smtp: [] });
    const [task] = crlCheck.tasks(profileOf(), run);
    const judgement = (await task?.observe(new AbortController().signal))?.judge(testTime);
    assert.deepEqual(judgement?.findings, []);
    assert.equal(judgement.unknown, 'nothing was fetched');
    assert.equal(judgement.summary, 'nothing fetched');
  });

  it('once, where several extensions are unknown', async () => {
    const other = extension('1.3.6.1.4.1.99999.2', nullValue(), true);
    const crl = root.crl({ extensions: [unknownExtension(true), other] });
    const { judgement } = await see(profileOf(), { [url]: crl });
    assert.deepEqual(codes(judgement), ['crl-unsupported-extension']);
    assert.equal(judgement.findings[0]?.evidence['serials'], undefined);
  });

  it('once, where several certificates are revoked', async () => {
    const ocsp: OcspSource = { url: 'http://o/', issuer: 'root', certificate: { serial: '0ABC' } };
    const entries = [{ serial: ca.serial, reason: 1 }, { serial: 0xabc }];
    const profile = profileOf([embedded], { ocsp: [ocsp] });
    const { judgement } = await see(profile, { [url]: root.crl({ entries }) });
    assert.deepEqual(codes(judgement), ['certificate-revoked']);
    const serials = [ca.serial.toString(16).toUpperCase(), '0ABC'];
    assert.deepEqual(judgement.findings[0]?.evidence['serials'], serials);
    assert.deepEqual(
      (judgement.evidence['lookedUp'] as { status: string }[]).map(({ status }) => status),
      ['revoked', 'revoked'],
    );
  });
});

describe('certificates that come later than the CRL', () => {
  it('are looked up in the bytes that were kept', async () => {
    const { judgement, host } = await see(profileOf([byAia]), {
      [url]: root.crl(listed(1)),
      [caUrl]: ca.der,
    });
    assert.deepEqual(codes(judgement), ['certificate-revoked']);
    assert.deepEqual(host.fetched.toSorted(), [caUrl, url]);
  });

  it('are looked up where others were there before', async () => {
    const late = root.issue({ name: 'late', extensions: [point] });
    const authorities = [embedded, { ...byAia, id: 'late', name: 'Test late' }];
    const crl = root.crl({ entries: [{ serial: late.serial }] });
    const { judgement } = await see(profileOf(authorities), { [url]: crl, [caUrl]: late.der });
    assert.deepEqual(codes(judgement), ['certificate-revoked']);
  });

  it('are not looked up in what is no CRL', async () => {
    const { host } = await see(profileOf([byAia]), { [url]: Buffer.from('gone'), [caUrl]: ca.der });
    assert.deepEqual(host.fetched.toSorted(), [caUrl, url]);
  });

  it('are looked up in a large CRL by fetching it once more', async () => {
    const many = Array.from({ length: 30_000 }, (_, index) => ({
      serial: 2n ** 127n + BigInt(index),
    }));
    const crl = root.crl({ entries: [...many, { serial: ca.serial, reason: 1 }] });
    assert.ok(crl.length > 1_048_576);
    const { judgement, host, observation } = await see(profileOf([byAia]), {
      [url]: crl,
      [caUrl]: ca.der,
    });
    assert.deepEqual(codes(judgement), ['certificate-revoked']);
    assert.deepEqual(
      host.fetched.filter((one) => one === url),
      [url, url],
    );
    assert.deepEqual(
      observation.stages.map(({ name }) => name),
      ['parse', 'verify'],
    );
    const known = await see(profileOf(), { [url]: crl });
    assert.deepEqual(codes(known.judgement), ['certificate-revoked']);
    assert.deepEqual(known.host.fetched, [url]);
  });

  it('that never come leave the CRL sound, and are named', async () => {
    const finding: Finding = { code: 'http-status', target: caUrl, evidence: { status: 404 } };
    const { judgement } = await see(profileOf([byAia]), { [url]: root.crl(), [caUrl]: finding });
    assert.deepEqual(codes(judgement), []);
    assert.deepEqual(judgement.evidence['notLookedUp'], ['ca']);
    assert.match(judgement.summary, /, 0 entries, signed by Root, ca not looked up$/);
    assert.equal(judgement.evidence['signature'], 'valid');
    assert.equal(judgement.blockedBy, undefined);
  });
});

describe('serial numbers that the profile asks OCSP about', () => {
  const asked = async (issuer: string, certificate: OcspSource['certificate']) => {
    const ocsp: OcspSource = { url: 'http://o/', issuer, certificate };
    const crl = root.crl({ entries: [{ serial: 10 }] });
    return (await see(profileOf([embedded], { ocsp: [ocsp] }), { [url]: crl })).judgement;
  };

  it('are looked up in their issuer’s CRL alone', async () => {
    assert.deepEqual(codes(await asked('root', { serial: '0A' })), ['certificate-revoked']);
    assert.deepEqual(codes(await asked('ca', { serial: '0A' })), []);
  });

  it('stand once where the certificate itself is known', async () => {
    const { evidence } = await asked('root', { authority: 'ca' });
    assert.deepEqual(evidence['lookedUp'], [{ certificate: 'ca', status: 'good' }]);
  });
});

describe('certificates that are malformed', () => {
  const broken = authority('ca', sequence());

  it('are not looked up', async () => {
    const { judgement } = await see(profileOf([broken]), { [url]: root.crl() });
    assert.deepEqual(codes(judgement), []);
    assert.deepEqual(judgement.evidence['notLookedUp'], ['ca']);
  });

  it('verify nothing', async () => {
    const profile = profileOf([broken], { crls: [{ url, issuer: 'ca' }] });
    const { judgement } = await see(profile, { [url]: ca.crl() });
    assert.deepEqual(codes(judgement), []);
    assert.match(judgement.unknown ?? '', /malformed/);
  });
});

describe('certificates that nobody has', () => {
  it('are named, each', async () => {
    const nowhere = ['one', 'two'].map((id): Authority => ({
      id,
      name: `Test ${id}`,
      root: false,
      issuer: 'root',
    }));
    const { judgement } = await see(profileOf(nowhere), { [url]: root.crl() });
    assert.deepEqual(judgement.evidence['notLookedUp'], ['one', 'two']);
  });
});

describe('an issuer whose certificate is missing', () => {
  const crls: readonly CrlSource[] = [{ url, issuer: 'ca' }];
  const finding: Finding = { code: 'connect-refused', target: 'ca.example:80', evidence: {} };
  const blocked = (crl: Uint8Array, at = testTime) =>
    see(profileOf([byAia], { crls }), { [url]: crl, [caUrl]: finding }, at);

  it('blocks the verification alone', async () => {
    const { judgement } = await blocked(ca.crl({ entries: [{ serial: 5 }] }));
    assert.deepEqual(judgement.blockedBy, ['connect-refused:ca.example:80']);
    assert.deepEqual(judgement.findings, []);
    assert.equal(judgement.evidence['signature'], 'unchecked');
    assert.equal(judgement.evidence['entries'], 1);
  });

  it('hides no fault of the CRL’s own', async () => {
    const expired = await blocked(ca.crl(), new Date('2025-07-01'));
    assert.deepEqual(codes(expired.judgement), ['crl-expired']);
    assert.deepEqual(expired.judgement.blockedBy, ['connect-refused:ca.example:80']);
    const malformed = await blocked(Buffer.concat([ca.crl(), Buffer.of(0)]));
    assert.deepEqual(codes(malformed.judgement), ['crl-malformed']);
    assert.equal(malformed.judgement.blockedBy, undefined);
  });

  it('and that nothing explains, leaves it unknown', async () => {
    const nowhere: Authority = { id: 'ca', name: 'Test ca', root: false, issuer: 'root' };
    const { judgement } = await see(profileOf([nowhere], { crls }), { [url]: ca.crl() });
    assert.equal(judgement.unknown, 'the profile has neither a certificate nor a URL for ca');
    assert.deepEqual(judgement.findings, []);
    assert.match(judgement.summary, /, signature unchecked$/);
  });
});

describe('authorities of one name', () => {
  const second = authority('root-2', rolled.der, { root: true, name: 'Test Root' });
  const both = (crl: Uint8Array, authorities = [embedded, second]) =>
    see(profileOf(authorities), { [url]: crl });

  it('are one issuer with several keys', async () => {
    for (const signer of [root, rolled]) {
      const { judgement } = await both(signer.crl());
      assert.deepEqual(codes(judgement), []);
      assert.equal(judgement.evidence['signature'], 'valid');
    }
    assert.deepEqual(codes((await both(rolled.crl(listed(4)))).judgement), ['certificate-revoked']);
    assert.deepEqual(codes((await both(leaf.crl())).judgement), ['crl-wrong-issuer']);
  });

  it('are asked about a serial number once', async () => {
    const ocsp: OcspSource = { url: 'http://o/', issuer: 'root', certificate: { serial: '0A' } };
    const profile = profileOf([second], { ocsp: [ocsp] });
    const { judgement } = await see(profile, { [url]: root.crl() });
    assert.deepEqual(judgement.evidence['lookedUp'], [{ certificate: '0A', status: 'good' }]);
  });

  it('are tried each for a CRL that is too large to be kept', async () => {
    const entries = Array.from({ length: 30_000 }, (_, index) => ({
      serial: 2n ** 127n + BigInt(index),
    }));
    for (const signer of [root, rolled])
      for (const onlyExtensions of [undefined, []]) {
        const crl = signer.crl({ entries, ...(onlyExtensions && { onlyExtensions }) });
        assert.equal((await both(crl)).judgement.evidence['signature'], 'valid');
      }
  });

  it('are tried by the key that a large CRL names first, where they are many', async () => {
    const entries = Array.from({ length: 30_000 }, (_, index) => ({
      serial: 2n ** 127n + BigInt(index),
    }));
    const many = [1, 2, 3, 4, 5].map((n) => {
      const { der } = makeCa({ name: 'C=XX, O=Test, CN=Root' });
      return authority(`root-${n + 2}`, der, { root: true, name: 'Test Root' });
    });
    const authorities = [embedded, ...many, second];
    const named = await both(rolled.crl({ entries }), authorities);
    assert.equal(named.judgement.evidence['signature'], 'valid');
    const nameless = await both(rolled.crl({ entries, onlyExtensions: [] }), authorities);
    assert.equal(nameless.judgement.evidence['signature'], 'unchecked');
    assert.equal(typeof nameless.judgement.unknown, 'string');
    assert.deepEqual(nameless.judgement.findings, []);
  });

  it('of which one is missing conclude only where another signed', async () => {
    const finding: Finding = { code: 'http-status', target: caUrl, evidence: {} };
    const lost: Authority = {
      id: 'root-3',
      name: 'Test Root',
      root: false,
      issuer: 'root',
      url: caUrl,
    };
    const profile = profileOf([embedded, lost]);
    const signed = await see(profile, { [url]: root.crl(), [caUrl]: finding });
    assert.equal(signed.judgement.evidence['signature'], 'valid');
    assert.equal(signed.judgement.blockedBy, undefined);
    const other = await see(profile, { [url]: rolled.crl(), [caUrl]: finding });
    assert.deepEqual(other.judgement.blockedBy, [`http-status:${caUrl}`]);
    assert.deepEqual(codes(other.judgement), []);
  });
});

describe('a CA with a key for its CRLs alone', () => {
  const sign = root.issue({
    name: 'O=Test, CN=Issuing CA',
    onlyExtensions: [basicConstraints(true), keyUsage('keyCertSign')],
  });
  const list = root.issue({ name: 'O=Test, CN=Issuing CA', onlyExtensions: [keyUsage('cRLSign')] });
  const issued = sign.issue({ name: 'O=Test, CN=Below' });
  const caCrlUrl = 'http://crl.example/ca.crl';
  const profile = profileOf(
    [
      authority('sign', sign.der, { name: 'Issuing CA' }),
      authority('list', list.der, { name: 'Issuing CA' }),
      authority('below', issued.der, { issuer: 'sign' }),
    ],
    {
      crls: [
        { url, issuer: 'root' },
        { url: caCrlUrl, issuer: 'sign' },
      ],
    },
  );
  const judged = async (rootCrl: CrlOptions, caCrl: CrlOptions) => {
    const bodies = { [url]: root.crl(rootCrl), [caCrlUrl]: list.crl(caCrl) };
    return (await observeAll(profile, bodies)).observations.map((one) =>
      codes(one.judge(testTime)),
    );
  };

  it('is believed by that key', async () => {
    assert.deepEqual(await judged({}, {}), [[], []]);
    const revoked = { entries: [{ serial: issued.serial }] };
    assert.deepEqual(await judged({}, revoked), [[], ['certificate-revoked']]);
  });

  it('is a gap where that key’s certificate is revoked', async () => {
    const revoked = { entries: [{ serial: list.serial }] };
    assert.deepEqual(await judged(revoked, {}), [['certificate-revoked'], []]);
  });
});

describe('the number of a CRL', () => {
  const earlier = new Date('2025-05-31T00:00:00Z');
  const cases: readonly [name: string, before: SeenCrl, crl: CrlOptions, codes: string[]][] = [
    ['that grew', { number: 6n, thisUpdate: earlier }, {}, []],
    [
      'that grew, with an earlier thisUpdate',
      { number: 6n, thisUpdate: new Date('2025-06-02T00:00:00Z') },
      {},
      [],
    ],
    ['that went back', { number: 8n, thisUpdate: earlier }, {}, ['crl-number-rollback']],
    ['that stayed', { number: 7n, thisUpdate: new Date('2025-06-01T00:00:00Z') }, {}, []],
    [
      'that stayed, with an earlier thisUpdate',
      { number: 7n, thisUpdate: new Date('2025-06-02T00:00:00Z') },
      {},
      ['crl-number-rollback'],
    ],
    ['that is gone', { number: 8n, thisUpdate: earlier }, { number: null }, []],
    [
      'that went back under a signature that does not hold',
      { number: 8n, thisUpdate: earlier },
      { signature: flippedLastByte },
      ['crl-signature-invalid'],
    ],
  ];
  for (const [name, before, options, expected] of cases)
    it(name, async () => {
      const noted: SeenCrl[] = [];
      const memory: Memory = {
        crl: () => before,
        noteCrl: (_series, seen) => noted.push(seen),
        starttls: () => undefined,
        noteStarttls: () => undefined,
      };
      const host = fakeHost({ answers: answersOf({ [url]: root.crl(options) }) });
      const [task] = crlCheck.tasks(profileOf(), createRun(host, { smtp: [], memory }));
      const observed = await task?.observe(new AbortController().signal);
      assert.deepEqual(observed && codes(observed.judge(testTime)), expected);
      const isSound = options.number !== null && !options.signature;
      assert.deepEqual(
        noted.map(({ number }) => number),
        isSound ? [7n] : [],
      );
    });
});

describe('the numbers of CRLs', () => {
  it('are counted by issuer, key and scope', async () => {
    const seriesOf = async (authorities: readonly Authority[], crl: Uint8Array) => {
      const noted: string[] = [];
      const memory: Memory = {
        crl: () => undefined,
        noteCrl: (series) => noted.push(series),
        starttls: () => undefined,
        noteStarttls: () => undefined,
      };
      const host = fakeHost({ answers: answersOf({ [url]: crl }) });
      const profile = { ...profileOf([]), authorities };
      const [task] = crlCheck.tasks(profile, createRun(host, { smtp: [], memory }));
      await task?.observe(new AbortController().signal);
      return noted.join();
    };
    const rootOf = ({ der }: Identity): Authority => ({ ...trusted, der });
    const scope = issuingDistributionPoint({ uris: [url] });
    const other = makeCa({ name: 'O=Test, CN=Other', key: root });
    const series = await Promise.all([
      seriesOf([trusted], root.crl()),
      seriesOf([rootOf(rolled)], rolled.crl()),
      seriesOf([rootOf(other)], other.crl()),
      seriesOf([trusted], root.crl({ extensions: [scope] })),
      seriesOf([trusted], root.crl({ onlyExtensions: [crlNumber(1)] })),
    ]);
    assert.equal(new Set(series).size, series.length);
    assert.ok(series.every((one) => one !== ''));
    assert.equal(await seriesOf([trusted], root.crl({ number: 9 })), series[0]);
  });
});

describe('partitioned CRLs', () => {
  const crls: readonly CrlSource[] = [
    { url, issuer: 'root' },
    { url: shardUrl, issuer: 'root' },
  ];
  const shard = (at: string, options: CrlOptions = {}) =>
    root.crl({ ...options, extensions: [issuingDistributionPoint({ uris: [at] })] });
  const judgeAll = async (bodies: Bodies) =>
    (await observeAll(profileOf([embedded], { crls }), bodies)).observations.map((one) =>
      one.judge(testTime),
    );

  it('need to cover each certificate once', async () => {
    const judged = await judgeAll({ [url]: shard(url), [shardUrl]: shard(shardUrl) });
    assert.deepEqual(judged.map(codes), [[], []]);
    assert.deepEqual(judged[0]?.evidence['lookedUp'], [{ certificate: 'ca', status: 'good' }]);
    assert.equal(judged[1]?.evidence['lookedUp'], undefined);
  });

  it('that cover a certificate nowhere are gaps', async () => {
    const lists = issuingDistributionPoint({ onlyContainsUserCerts: true });
    const users = root.crl({ extensions: [lists] });
    const judged = await judgeAll({ [url]: users, [shardUrl]: users });
    assert.deepEqual(judged.map(codes), [['crl-out-of-scope'], ['crl-out-of-scope']]);
  });

  it('of users and of CAs stand side by side', async () => {
    const users = issuingDistributionPoint({ onlyContainsUserCerts: true });
    const authorities = issuingDistributionPoint({ onlyContainsCACerts: true });
    const judged = await judgeAll({
      [url]: root.crl({ extensions: [users] }),
      [shardUrl]: root.crl({ ...listed(1), extensions: [authorities] }),
    });
    assert.deepEqual(judged.map(codes), [[], ['certificate-revoked']]);
  });

  it('by two keys of the issuer count together', async () => {
    const second = authority('root-2', rolled.der, { root: true, name: 'Test Root' });
    const profile = profileOf([embedded, second], {
      crls: [
        { url, issuer: 'root' },
        { url: shardUrl, issuer: 'root-2' },
      ],
    });
    const users = issuingDistributionPoint({ onlyContainsUserCerts: true });
    const bodies = { [url]: shard(url), [shardUrl]: rolled.crl({ extensions: [users] }) };
    const { observations } = await observeAll(profile, bodies);
    assert.deepEqual(
      observations.map((one) => codes(one.judge(testTime))),
      [[], []],
    );
  });

  it('by reasons count together', async () => {
    const byReasons = (reasons: readonly number[], options: CrlOptions = {}) =>
      root.crl({ ...options, extensions: [issuingDistributionPoint({ reasons })] });
    const rest = [3, 4, 5, 6, 7, 8];
    const shared = crlDistributionPoints({ uris: [url, shardUrl] });
    const subject = root.issue({ name: 'O=Test, CN=Issuing CA', ca: true, extensions: [shared] });
    const profile = profileOf([authority('ca', subject.der)], { crls });
    const judged = async (first: Uint8Array, second: Uint8Array) =>
      (await observeAll(profile, { [url]: first, [shardUrl]: second })).observations.map((one) =>
        codes(one.judge(testTime)),
      );
    const revoked = { entries: [{ serial: subject.serial, reason: 1 }] };
    assert.deepEqual(await judged(byReasons([1, 2]), byReasons(rest)), [[], []]);
    assert.deepEqual(await judged(byReasons([1, 2], revoked), byReasons(rest)), [
      ['certificate-revoked'],
      [],
    ]);
    assert.deepEqual(await judged(byReasons([1, 2]), byReasons([4])), [
      ['crl-out-of-scope'],
      ['crl-out-of-scope'],
    ]);
  });
});

describe('indirect CRLs', () => {
  const indirectUrl = 'http://crl.example/indirect.crl';
  const lister = root.issue({ name: 'O=Test, CN=Lister', onlyExtensions: [keyUsage('cRLSign')] });
  const asking = root.issue({
    name: 'O=Test, CN=Issuing CA',
    ca: true,
    extensions: [crlDistributionPoints({ uris: [indirectUrl], crlIssuer: lister.name })],
  });
  const listerAuthority = authority('lister', lister.der);
  const listAt: CrlSource = { url: indirectUrl, issuer: 'lister' };
  const indirect = (...entries: readonly CrlEntryOptions[]): Uint8Array =>
    lister.crl({
      entries,
      extensions: [issuingDistributionPoint({ uris: [indirectUrl], indirectCRL: true })],
    });
  const byRoot = { serial: 1, extensions: [certificateIssuer(root.name)] };
  const revoking = indirect(byRoot, { serial: asking.serial, reason: 2 });
  const judgeAll = async (
    bodies: Bodies,
    {
      authorities = [authority('ca', asking.der), listerAuthority],
      crls = [{ url, issuer: 'root' }, listAt],
    } = {},
  ) => {
    const profile = profileOf(authorities, { crls });
    const { observations } = await observeAll(profile, bodies);
    return observations.map((one) => one.judge(testTime));
  };

  it('are asked about the certificates that ask for them, and their issuer’s own CRL is not', async () => {
    const [own, other] = await judgeAll({ [url]: root.crl(), [indirectUrl]: indirect(byRoot) });
    assert.ok(own && other);
    assert.deepEqual([own, other].map(codes), [[], []]);
    assert.deepEqual(own.evidence['lookedUp'], [{ certificate: 'lister', status: 'good' }]);
    assert.deepEqual(other.evidence['lookedUp'], [{ certificate: 'ca', status: 'good' }]);
    assert.equal(other.evidence['signature'], 'valid');
  });

  it('revoke them under the name of their issuer', async () => {
    const judged = await judgeAll({ [url]: root.crl(), [indirectUrl]: revoking });
    assert.deepEqual(judged.map(codes), [[], ['certificate-revoked']]);
    const sameSerial = indirect({ serial: asking.serial });
    const others = await judgeAll({ [url]: root.crl(), [indirectUrl]: sameSerial });
    assert.deepEqual(others.map(codes), [[], []]);
  });

  it('revoke a certificate that comes later than they do', async () => {
    const authorities = [byAia, listerAuthority];
    const bodies = { [url]: root.crl(), [indirectUrl]: revoking, [caUrl]: asking.der };
    const judged = await judgeAll(bodies, { authorities });
    assert.deepEqual(judged.map(codes), [[], ['certificate-revoked']]);
  });

  it('speak of their own issuer’s certificate where that asks for them', async () => {
    const key = { publicKey: lister.publicKey, privateKey: lister.privateKey };
    const itself = root.issue({
      name: lister.name,
      key,
      onlyExtensions: [
        keyUsage('cRLSign'),
        crlDistributionPoints({ uris: [indirectUrl], crlIssuer: lister.name }),
      ],
    });
    const authorities = [authority('ca', asking.der), authority('lister', itself.der)];
    const judged = async (...entries: readonly CrlEntryOptions[]) =>
      (
        await judgeAll({ [url]: root.crl(), [indirectUrl]: indirect(...entries) }, { authorities })
      ).map(codes);
    assert.deepEqual(await judged(byRoot), [[], []]);
    assert.deepEqual(await judged(byRoot, { serial: itself.serial }), [
      [],
      ['certificate-revoked'],
    ]);
  });

  it('look up what their issuer issued itself once, and no roots', async () => {
    const own = root.issue({
      name: 'O=Test, CN=Issuing CA',
      ca: true,
      extensions: [crlDistributionPoints({ uris: [indirectUrl], crlIssuer: root.name })],
    });
    const pinned: Authority = { id: 'pinned', name: 'Pinned', root: true, sha256: 'A'.repeat(64) };
    const scope = issuingDistributionPoint({ uris: [indirectUrl], indirectCRL: true });
    const profile = profileOf([authority('ca', own.der), pinned], {
      crls: [{ url: indirectUrl, issuer: 'root' }],
    });
    const { judgement } = await see(profile, { [indirectUrl]: root.crl({ extensions: [scope] }) });
    assert.deepEqual(codes(judgement), []);
    assert.deepEqual(judgement.evidence['lookedUp'], [{ certificate: 'ca', status: 'good' }]);
    assert.equal(judgement.evidence['notLookedUp'], undefined);
  });

  it('are asked for by any name of their issuer', async () => {
    const renamed = root.issue({ name: 'O=Test, CN=Lister 2', onlyExtensions: [] });
    const judged = await judgeAll(
      { [url]: root.crl(), [indirectUrl]: revoking },
      {
        authorities: [
          authority('ca', asking.der),
          listerAuthority,
          authority('lister-2', renamed.der, { name: 'Test lister' }),
        ],
      },
    );
    assert.deepEqual(judged.map(codes), [[], ['certificate-revoked']]);
  });

  it('that no certificate asks for are gaps', async () => {
    const authorities = [embedded, listerAuthority];
    const bodies = { [url]: root.crl(), [indirectUrl]: indirect(byRoot) };
    const judged = await judgeAll(bodies, { authorities });
    assert.deepEqual(judged.map(codes), [[], ['crl-unsupported-extension']]);
  });

  it('that are asked for and that the profile does not name are gaps of the issuer’s CRL', async () => {
    const crls = [{ url, issuer: 'root' }];
    const judged = await judgeAll({ [url]: root.crl() }, { crls });
    assert.deepEqual(judged.map(codes), [['crl-out-of-scope']]);
  });

  it('that cannot be fetched are their own gaps alone', async () => {
    const finding: Finding = { code: 'connect-timeout', target: 'crl.example:80', evidence: {} };
    const judged = await judgeAll({ [url]: root.crl(), [indirectUrl]: finding });
    assert.deepEqual(judged.map(codes), [[], ['connect-timeout']]);
  });

  it('that are not seen yet hide only what asks for them', async () => {
    const lists = issuingDistributionPoint({ onlyContainsUserCerts: true });
    const host = fakeHost({ answers: answersOf({ [url]: root.crl({ extensions: [lists] }) }) });
    const first = async (subject: Authority) => {
      const profile = profileOf([subject, listerAuthority], {
        crls: [{ url, issuer: 'root' }, listAt],
      });
      const [task] = crlCheck.tasks(profile, createRun(host, { smtp: [] }));
      const observed = await task?.observe(new AbortController().signal);
      return observed && codes(observed.judge(testTime));
    };
    assert.deepEqual(await first(embedded), ['crl-out-of-scope']);
    assert.deepEqual(await first(authority('ca', asking.der)), []);
  });

  it('by another than it asks for hide nothing of a certificate', async () => {
    const finding: Finding = { code: 'connect-timeout', target: 'crl.example:80', evidence: {} };
    const third = authority('third', root.issue({ name: 'O=Test, CN=Third' }).der);
    const elsewhere = lister.crl({
      extensions: [issuingDistributionPoint({ uris: [shardUrl], indirectCRL: true })],
    });
    const judged = await judgeAll(
      { [url]: root.crl(), [indirectUrl]: elsewhere, [deltaUrl]: finding },
      {
        authorities: [authority('ca', asking.der), listerAuthority, third],
        crls: [{ url, issuer: 'root' }, listAt, { url: deltaUrl, issuer: 'third' }],
      },
    );
    assert.deepEqual(judged.map(codes), [
      ['crl-out-of-scope'],
      ['crl-unsupported-extension'],
      ['connect-timeout'],
    ]);
  });

  it('are not what a serial number alone asks for', async () => {
    const lists = issuingDistributionPoint({ onlyContainsCACerts: true });
    const profile = profileOf([listerAuthority], {
      crls: [{ url, issuer: 'root' }, listAt],
      ocsp: [{ url: 'http://o/', issuer: 'root', certificate: { serial: '0ABC' } }],
    });
    const { observations } = await observeAll(profile, {
      [url]: root.crl({ extensions: [lists] }),
      [indirectUrl]: indirect(byRoot),
    });
    assert.deepEqual(
      observations.map((one) => codes(one.judge(testTime))),
      [['crl-out-of-scope'], ['crl-unsupported-extension']],
    );
  });

  it('by an issuer whose certificate is missing leave it blocked', async () => {
    const missing: Authority = { ...byAia, id: 'lister', name: 'Test lister' };
    const gone: Finding = { code: 'http-status', target: caUrl, evidence: { status: 404 } };
    const judged = await judgeAll(
      { [url]: root.crl(), [indirectUrl]: indirect(byRoot), [caUrl]: gone },
      { authorities: [authority('ca', asking.der), missing] },
    );
    assert.deepEqual(judged.map(codes), [[], []]);
    assert.deepEqual(judged[1]?.blockedBy, [`http-status:${caUrl}`]);
  });
});

describe('two profiles', () => {
  const indirectUrl = 'http://crl.example/indirect.crl';
  const lister = root.issue({ name: 'O=Test, CN=Lister', onlyExtensions: [keyUsage('cRLSign')] });
  const listerAuthority = authority('lister', lister.der);
  const list = (options: CrlOptions = {}) =>
    lister.crl({
      ...options,
      extensions: [issuingDistributionPoint({ uris: [indirectUrl], indirectCRL: true })],
    });
  const asking = (id: string) => {
    const asks = crlDistributionPoints({ uris: [indirectUrl], crlIssuer: lister.name });
    const { serial, der } = root.issue({ name: id, ca: true, extensions: [asks] });
    const revoked = { serial, extensions: [certificateIssuer(root.name)] };
    return { authority: authority(id, der), der, revoked };
  };
  const lists: readonly CrlSource[] = [{ url: indirectUrl, issuer: 'lister' }];
  const judgeBoth = async (profiles: readonly Profile[], bodies: Bodies) => {
    const host = fakeHost({ answers: answersOf(bodies) });
    const run = createRun(host, { smtp: [] });
    const [plan] = planTasks([crlCheck], profiles, run);
    const planned = (await plan?.tasks) ?? [];
    const { signal } = new AbortController();
    const seen = await Promise.all(planned.map(({ task }) => task.observe(signal)));
    const judged = seen.map((one) => one.judge(testTime));
    return { planned, judged, fetched: host.fetched };
  };

  it('that share an indirect CRL have the certificates of both looked up', async () => {
    const [first, second] = [asking('first'), asking('second')];
    const profiles = [first, second].map((one) =>
      profileOf([listerAuthority, one.authority], { id: one.authority.id, crls: lists }),
    );
    const both = await judgeBoth(profiles, { [indirectUrl]: list({ entries: [second.revoked] }) });
    assert.deepEqual(
      both.planned.map(({ profiles: needing }) => needing),
      [['first', 'second']],
    );
    assert.deepEqual(both.fetched, [indirectUrl]);
    assert.deepEqual(both.judged.map(codes), [['certificate-revoked']]);
    assert.deepEqual(both.judged[0]?.evidence['lookedUp'], [
      { certificate: 'first', status: 'good' },
      {
        certificate: 'second',
        status: 'revoked',
        reason: 'unspecified',
        revokedAt: '2024-01-01T00:00:00.000Z',
      },
    ]);
  });

  it('of which one has a certificate that the other lacks have it looked up', async () => {
    const elsewhere: Authority = { ...byAia, sha256: fingerprint256(ca.der) };
    const profiles = [profileOf([elsewhere]), profileOf([embedded], { id: 'second' })];
    const gone: Finding = { code: 'http-status', target: caUrl, evidence: {} };
    for (const named of [profiles, profiles.toReversed()]) {
      const both = await judgeBoth(named, { [url]: root.crl(listed(1)), [caUrl]: gone });
      assert.deepEqual(both.judged.map(codes), [['certificate-revoked']]);
      assert.equal(both.judged[0]?.evidence['notLookedUp'], undefined);
    }
  });

  it('whose certificates are fetched from different places ask two questions', async () => {
    const renewedUrl = 'http://ca.example/renewed.crt';
    const renewed = root.issue({ name: 'O=Test, CN=Issuing CA', ca: true, extensions: [point] });
    const profiles = [
      profileOf([byAia]),
      profileOf([{ ...byAia, url: renewedUrl }], { id: 'second' }),
    ];
    const { judged } = await judgeBoth(profiles, {
      [url]: root.crl({ entries: [{ serial: renewed.serial }] }),
      [caUrl]: ca.der,
      [renewedUrl]: renewed.der,
    });
    assert.deepEqual(judged.map(codes), [[], ['certificate-revoked']]);
  });

  it('see the partitions that either names', async () => {
    const shard = (at: string) =>
      root.crl({ extensions: [issuingDistributionPoint({ uris: [at] })] });
    const bodies = { [url]: shard(url), [shardUrl]: shard(shardUrl) };
    const [whole, part] = [[url, shardUrl], [shardUrl]].map((urls) =>
      profileOf([embedded], {
        id: urls.join(),
        crls: urls.map((one) => ({ url: one, issuer: 'root' })),
      }),
    ) as [Profile, Profile];
    assert.deepEqual((await judgeBoth([part], bodies)).judged.map(codes), [['crl-out-of-scope']]);
    for (const profiles of [
      [whole, part],
      [part, whole],
    ])
      assert.deepEqual((await judgeBoth(profiles, bodies)).judged.map(codes), [[], []]);
  });
});

describe('delta CRLs', () => {
  const freshest = freshestCrl({ uris: ['ldap://ldap.example/delta', deltaUrl] });
  const complete = root.crl({ extensions: [freshest] });
  const delta = (options: CrlOptions = {}) =>
    root.crl({ number: 8, ...options, extensions: [deltaCrlIndicator(7)] });

  it('are fetched and combined', async () => {
    const { judgement, host } = await see(profileOf(), {
      [url]: complete,
      [deltaUrl]: delta(listed(1)),
    });
    assert.deepEqual(host.fetched, [url, deltaUrl]);
    assert.deepEqual(codes(judgement), ['certificate-revoked']);
    const evidence = judgement.evidence['delta'] as Record<string, unknown>;
    assert.equal(evidence['combined'], true);
    assert.equal(evidence['url'], deltaUrl);
    assert.equal(evidence['crlNumber'], '8');
  });

  it('with a fault are gaps at their own address', async () => {
    for (const [body, code] of [
      [delta({ signature: flippedLastByte }), 'crl-signature-invalid'],
      [root.crl({ number: 8 }), 'crl-out-of-scope'],
      [Buffer.from('gone'), 'unexpected-content'],
    ] as const) {
      const { judgement } = await see(profileOf(), { [url]: complete, [deltaUrl]: body });
      assert.deepEqual(
        judgement.findings.map((finding) => [finding.code, finding.target]),
        [[code, deltaUrl]],
      );
      const evidence = judgement.evidence['delta'] as Record<string, unknown>;
      assert.equal(evidence['combined'], false);
    }
  });

  it('are named by the certificates too', async () => {
    const named = root.issue({ name: 'CA with deltas', ca: true, extensions: [point, freshest] });
    const entries = [{ serial: named.serial }];
    const { judgement } = await see(profileOf([authority('named', named.der)]), {
      [url]: root.crl(),
      [deltaUrl]: delta({ entries }),
    });
    assert.deepEqual(codes(judgement), ['certificate-revoked']);
  });

  it('are looked for in two places at most, up to the first that has one', async () => {
    const uris = [1, 2, 3].map((n) => `http://crl.example/delta-${n}.crl`);
    const [first = '', second = '', third = ''] = uris;
    const crl = root.crl({ extensions: [freshestCrl({ uris })] });
    const gone: Finding = { code: 'http-status', target: first, evidence: {} };
    const fetched = async (bodies: Bodies) => {
      const seen = await see(profileOf(), { [url]: crl, ...bodies });
      return { ...seen, at: seen.host.fetched.slice(1) };
    };
    assert.deepEqual((await fetched({ [first]: delta() })).at, [first]);
    const { at, judgement } = await fetched({ [first]: gone, [second]: delta(listed(1)) });
    assert.deepEqual(at, [first, second]);
    assert.deepEqual(codes(judgement), ['certificate-revoked']);
    const lost = await fetched({ [first]: gone, [second]: gone, [third]: delta() });
    assert.deepEqual(lost.at, [first, second]);
    assert.deepEqual(codes(lost.judgement), ['http-status']);
  });

  it('are fetched for nobody but the issuer', async () => {
    const forged = root.crl({ extensions: [freshest], signature: flippedLastByte });
    const { host } = await see(profileOf(), { [url]: forged });
    assert.deepEqual(host.fetched, [url]);
  });

  it('are fetched over http and https only, and never the CRL itself again', async () => {
    const odd = ['ldap://x/', 'file:///etc/passwd', 'javascript:1', 'http://', url];
    const crl = root.crl({ extensions: [freshestCrl({ uris: odd })] });
    const { host } = await see(profileOf(), { [url]: crl });
    assert.deepEqual(host.fetched, [url]);
  });
});

describe('the servers', () => {
  it('of a CRL and of its delta CRL tell the time, and the way to them is told', async () => {
    const deltaAt = freshestCrl({ uris: [deltaUrl] });
    const crl = root.crl({ extensions: [deltaAt] });
    const delta = root.crl({ number: 8, extensions: [deltaCrlIndicator(7)] });
    const host = fakeHost({ answers: answersOf({ [url]: crl, [deltaUrl]: delta }) });
    const limits: number[] = [];
    const way = {
      address: '192.0.2.9',
      redirects: [shardUrl],
      stages: [{ name: 'connect' as const, ms: 1 }],
    };
    const fetch: Network['fetch'] = async (request, signal) => {
      limits.push(request.limit);
      const serverTimes = [{ host: request.url, offsetMs: 0 }];
      return { ...(await host.network.fetch(request, signal)), ...way, serverTimes };
    };
    const run = createRun({ ...host, network: { ...host.network, fetch } }, { smtp: [] });
    const [task] = crlCheck.tasks(profileOf(), run);
    const observation = await task?.observe(new AbortController().signal);
    assert.deepEqual(
      observation?.serverTimes?.map(({ host: from }) => from),
      [url, deltaUrl],
    );
    assert.deepEqual(limits, [536_870_912, 536_870_912]);
    assert.deepEqual(
      observation.stages.map(({ name }) => name),
      ['connect', 'parse', 'verify'],
    );
    const { evidence } = observation.judge(testTime);
    assert.deepEqual([evidence['address'], evidence['redirects']], [way.address, way.redirects]);
  });
});

describe('tasks', () => {
  const tasks = (profile: Profile) => crlCheck.tasks(profile, createRun(fakeHost(), { smtp: [] }));

  it('need an issuer that the profile has', () => {
    assert.throws(() => tasks(profileOf([], { crls: [{ url, issuer: 'nobody' }] })), /nobody/);
  });

  it('are one for each CRL of the profile', () => {
    const crls = [
      { url, issuer: 'root' },
      { url: shardUrl, issuer: 'ca' },
    ];
    assert.deepEqual(
      tasks(profileOf([embedded], { crls })).map(({ kind, target }) => [kind, target]),
      [
        ['crl', url],
        ['crl', shardUrl],
      ],
    );
    assert.deepEqual(tasks(profileOf([], { crls: [] })), []);
  });

  it('ask the same where issuer and certificates are the same', () => {
    const [one] = tasks(profileOf());
    const [same] = tasks({ ...profileOf(), id: 'other' });
    assert.equal(one?.question, same?.question);
    const ocsp: OcspSource = { url: 'http://o/', issuer: 'root', certificate: { serial: '0A' } };
    const another = rootAuthority(rolled.der);
    const others: readonly Profile[] = [
      profileOf([]),
      profileOf([embedded], { ocsp: [ocsp] }),
      { ...profileOf(), authorities: [another, embedded] },
    ];
    for (const other of others) assert.notEqual(tasks(other)[0]?.question, one?.question);
  });
});
