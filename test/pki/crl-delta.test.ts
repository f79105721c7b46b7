/** Delta CRLs (RFC 5280 5.2.4), and what else a verdict tells. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCertificate } from '../../checks/pki/certificate.ts';
import { type CrlQuestion, type CrlVerdict, judgeCrl } from '../../checks/pki/crl-judge.ts';
import { readCrl } from '../../checks/pki/crl-reader.ts';
import { coversAllReasons } from '../../checks/pki/crl-scope.ts';
import { parseName } from '../../checks/pki/name.ts';
import { reasonName } from '../../checks/pki/revocation-reasons.ts';
import { oids } from '../../checks/pki/oids.ts';
import type { GapCode } from '../../checks/types.ts';
import { opensslCrlCheck } from '../helpers/crl-oracle.ts';
import {
  bitString,
  context,
  contextPrimitive,
  integer,
  oid,
  sequence,
} from '../helpers/der-writer.ts';
import {
  type CrlOptions,
  type Identity,
  flippedLastByte,
  makeCa,
  testTime,
} from '../helpers/private-ca.ts';
import { lacking } from '../helpers/programs.ts';
import {
  basicConstraints,
  crlDistributionPoints,
  crlNumber,
  deltaCrlIndicator,
  dnsName,
  extension,
  freshestCrl,
  issuingDistributionPoint,
  keyUsage,
  unknownExtension,
} from '../helpers/x509-writer.ts';

const url = 'http://crl.example/ca.crl';
const ca = makeCa({ name: 'C=BE, O=Test, CN=CA' });
const other = makeCa({ name: 'C=BE, O=Test, CN=Other' });
const namesake = makeCa({ name: 'C=BE, O=Test, CN=CA' });
const freshest = { uris: ['http://crl.example/delta.crl'] };
const leaf = ca.issue({
  name: 'leaf',
  extensions: [crlDistributionPoints({ uris: [url] }), freshestCrl(freshest)],
});
const oracleMissing = await lacking('openssl');

const ask = (
  crl: Uint8Array,
  subject: Identity,
  question: Partial<Omit<CrlQuestion, 'delta'>> & { delta?: Uint8Array } = {},
): CrlVerdict => {
  const certificate = parseCertificate(subject.der);
  const wanted = [certificate.serial];
  const { delta, ...rest } = question;
  return judgeCrl(readCrl(crl, { wanted }), {
    issuers: [parseCertificate(ca.der)],
    at: testTime,
    url,
    subjects: [{ serial: certificate.serial, issuer: certificate.issuer, certificate }],
    ...rest,
    ...(delta && { delta: readCrl(delta, { wanted }) }),
  });
};
const statusOf = ({ subjects }: CrlVerdict) => subjects[0]?.status.status;
const codesOf = (problems: readonly { code: GapCode }[] = []) => problems.map(({ code }) => code);

const listed = (reason?: number): CrlOptions => ({
  entries: [{ serial: leaf.serial, ...(reason !== undefined && { reason }) }],
});
const deltaOptions = (base: number, options: CrlOptions = {}): CrlOptions => ({
  number: 9,
  ...options,
  extensions: [deltaCrlIndicator(base), ...(options.extensions ?? [])],
});

interface DeltaCase {
  readonly name: string;
  readonly complete?: CrlOptions;
  readonly delta: CrlOptions;
  readonly signer?: Identity;
  readonly codes?: readonly GapCode[];
  readonly applies: boolean;
  readonly status: string;
  /** What OpenSSL says where it does not agree, and why. */
  readonly openssl?: readonly [said: string, why: string];
}

const idp = issuingDistributionPoint({ uris: [url] });
const deltas: readonly DeltaCase[] = [
  { name: 'with nothing new', delta: deltaOptions(7), applies: true, status: 'good' },
  { name: 'with an earlier base', delta: deltaOptions(3), applies: true, status: 'good' },
  { name: 'that revokes', delta: deltaOptions(7, listed(1)), applies: true, status: 'revoked' },
  {
    name: 'that takes a revocation back',
    complete: listed(6),
    delta: deltaOptions(7, listed(8)),
    applies: true,
    status: 'good',
  },
  {
    name: 'that says nothing of a revocation',
    complete: listed(1),
    delta: deltaOptions(7),
    applies: true,
    status: 'revoked',
  },
  {
    name: 'that ends a hold by a revocation',
    complete: listed(6),
    delta: deltaOptions(7, listed(4)),
    applies: true,
    status: 'revoked',
  },
  {
    name: 'no newer than the complete CRL',
    delta: deltaOptions(7, { ...listed(1), number: 7 }),
    applies: false,
    status: 'good',
  },
  {
    name: 'older than the complete CRL',
    delta: deltaOptions(3, { ...listed(1), number: 5 }),
    applies: false,
    status: 'good',
  },
  {
    name: 'whose base is later than the complete CRL',
    delta: deltaOptions(8, listed(1)),
    codes: ['crl-out-of-scope'],
    applies: false,
    status: 'good',
  },
  {
    name: 'to a complete CRL without a number',
    complete: { number: null },
    delta: deltaOptions(7, listed(1)),
    codes: ['crl-out-of-scope'],
    applies: false,
    status: 'good',
  },
  {
    name: 'without a number',
    delta: deltaOptions(7, { ...listed(1), number: null }),
    codes: ['crl-out-of-scope'],
    applies: false,
    status: 'good',
  },
  {
    name: 'of another issuer',
    delta: deltaOptions(7),
    signer: other,
    codes: ['crl-wrong-issuer'],
    applies: false,
    status: 'good',
  },
  {
    name: 'by another key',
    delta: deltaOptions(7, listed(1)),
    signer: namesake,
    codes: ['crl-wrong-issuer'],
    applies: false,
    status: 'good',
  },
  {
    name: 'without the key identifier of the complete CRL',
    delta: { onlyExtensions: [crlNumber(9), deltaCrlIndicator(7)], ...listed(1) },
    codes: ['crl-out-of-scope'],
    applies: false,
    status: 'good',
  },
  {
    name: 'with the key identifier that the complete CRL lacks',
    complete: { onlyExtensions: [crlNumber(7), freshestCrl(freshest)] },
    delta: deltaOptions(7, listed(1)),
    codes: ['crl-out-of-scope'],
    applies: false,
    status: 'good',
  },
  {
    name: 'to a complete CRL without a key identifier, and without one',
    complete: { onlyExtensions: [crlNumber(7), freshestCrl(freshest)] },
    delta: { onlyExtensions: [crlNumber(9), deltaCrlIndicator(7)], ...listed(1) },
    applies: true,
    status: 'revoked',
  },
  {
    name: 'whose signature does not hold',
    delta: deltaOptions(7, { ...listed(1), signature: flippedLastByte }),
    codes: ['crl-signature-invalid'],
    applies: false,
    status: 'good',
    openssl: ['CRL signature failure', 'it gives up where the complete CRL is enough'],
  },
  {
    name: 'that has ended',
    delta: deltaOptions(7, { nextUpdate: new Date(testTime.getTime() - 1000) }),
    codes: ['crl-expired'],
    applies: false,
    status: 'good',
  },
  {
    name: 'from the future',
    delta: deltaOptions(7, { thisUpdate: new Date(testTime.getTime() + 3_600_000) }),
    codes: ['crl-not-yet-valid'],
    applies: false,
    status: 'good',
  },
  {
    name: 'with an unknown critical extension',
    delta: deltaOptions(7, { extensions: [unknownExtension(true)] }),
    codes: ['crl-unsupported-extension'],
    applies: false,
    status: 'good',
    openssl: ['unhandled critical CRL extension', 'it gives up where the complete CRL is enough'],
  },
  {
    name: 'with another scope',
    delta: deltaOptions(7, { ...listed(1), extensions: [idp] }),
    codes: ['crl-out-of-scope'],
    applies: false,
    status: 'good',
  },
  {
    name: 'without the scope of the complete CRL',
    complete: { extensions: [idp] },
    delta: deltaOptions(7, listed(1)),
    codes: ['crl-out-of-scope'],
    applies: false,
    status: 'good',
  },
  {
    name: 'with the same scope',
    complete: { extensions: [idp] },
    delta: deltaOptions(7, { ...listed(1), extensions: [idp] }),
    applies: true,
    status: 'revoked',
  },
  {
    name: 'that is a complete CRL',
    delta: { number: 9, ...listed(1) },
    codes: ['crl-out-of-scope'],
    applies: false,
    status: 'good',
  },
];

describe('a delta CRL', () => {
  for (const testCase of deltas) {
    const { name, signer = ca, codes = [], applies, status } = testCase;
    const complete = ca.crl({
      ...testCase.complete,
      extensions: [freshestCrl(freshest), ...(testCase.complete?.extensions ?? [])],
    });
    const delta = signer.crl(testCase.delta);
    it(name, () => {
      const verdict = ask(complete, leaf, { delta });
      assert.deepEqual(codesOf(verdict.delta?.problems), codes);
      assert.equal(verdict.delta?.applies, applies);
      assert.equal(statusOf(verdict), status);
      assert.equal(
        verdict.notes.some((note) => note.includes('no newer')),
        !applies && codes.length === 0,
      );
      assert.deepEqual(
        codesOf(verdict.problems),
        status === 'revoked' ? ['certificate-revoked'] : [],
      );
    });
    it(`${name}: OpenSSL`, { skip: oracleMissing }, async () => {
      const said = await opensslCrlCheck({
        leaf,
        issuers: [ca],
        crls: [complete, delta],
        at: testTime,
        useDeltas: true,
      });
      assert.ok(said === status || said === testCase.openssl?.[0], said);
    });
  }

  it('counts for nothing where the complete CRL does not hold', () => {
    const complete = ca.crl({ nextUpdate: new Date(testTime.getTime() - 1000) });
    const verdict = ask(complete, leaf, { delta: ca.crl(deltaOptions(7, listed(1))) });
    assert.deepEqual(codesOf(verdict.problems), ['crl-expired']);
    assert.equal(statusOf(verdict), 'unknown');
  });

  it('counts for nothing while the issuer is unknown', () => {
    const verdict = ask(ca.crl(), leaf, { issuers: [], delta: ca.crl(deltaOptions(7, listed(1))) });
    assert.equal(verdict.signature, 'unchecked');
    assert.equal(verdict.delta?.applies, false);
    assert.equal(statusOf(verdict), 'unknown');
  });
});

describe('a verdict', () => {
  it('without issuers leaves the signature unchecked, and says no more', () => {
    const verdict = ask(ca.crl(listed()), leaf, { issuers: [] });
    assert.equal(verdict.signature, 'unchecked');
    assert.deepEqual(verdict.problems, []);
    assert.equal(statusOf(verdict), 'unknown');
  });

  it('is about each certificate by itself', () => {
    const others = [leaf, ca.issue({ name: 'other leaf' }), ca.issue({ name: 'third leaf' })].map(
      ({ der }) => parseCertificate(der),
    );
    const subjects = others.map((certificate) => ({ ...certificate, certificate }));
    const wanted = subjects.map(({ serial }) => serial);
    const crl = ca.crl({ entries: [...(listed(1).entries ?? []), { serial: 5 }] });
    const verdict = judgeCrl(readCrl(crl, { wanted }), {
      issuers: [parseCertificate(ca.der)],
      at: testTime,
      url,
      subjects,
    });
    assert.deepEqual(
      verdict.subjects.map(({ status }) => status.status),
      ['revoked', 'good', 'good'],
    );
  });

  it('is about those in its scope, wherever it was fetched', () => {
    const others = [leaf, ca.issue({ name: 'without a point' })].map(({ der }) =>
      parseCertificate(der),
    );
    const verdict = ask(ca.crl({ extensions: [idp] }), leaf, {
      url: 'http://crl.example/elsewhere.crl',
      subjects: others.map((certificate) => ({ ...certificate, certificate })),
    });
    assert.deepEqual(
      verdict.subjects.map(({ status }) => status.status),
      ['good', 'unknown'],
    );
  });

  it('is about those that ask for an indirect CRL, and names the others', () => {
    const asking = crlDistributionPoints({ uris: [url], crlIssuer: ca.name });
    const others = [leaf, ca.issue({ name: 'asks', extensions: [asking] })].map(({ der }) =>
      parseCertificate(der),
    );
    const scope = issuingDistributionPoint({ uris: [url], indirectCRL: true });
    const verdict = ask(ca.crl({ extensions: [scope] }), leaf, {
      subjects: others.map((certificate) => ({ ...certificate, certificate })),
    });
    assert.deepEqual(
      verdict.subjects.map(({ status }) => status.status),
      ['unknown', 'good'],
    );
    assert.deepEqual(codesOf(verdict.problems), ['crl-unsupported-extension']);
  });

  it('says which points are meant, the first four', () => {
    const evidence = (scope: Parameters<typeof issuingDistributionPoint>[0]) =>
      ask(ca.crl({ extensions: [issuingDistributionPoint(scope)] }), leaf).problems[0]?.evidence;
    const uris = [1, 2, 3, 4, 5].map((n) => `http://crl.example/${n}.crl`);
    assert.deepEqual(evidence({ uris, directoryNames: [other.name] }), {
      found: uris.slice(0, 4).join(', '),
      expected: `${url}, C=BE, O=Test, CN=CA`,
    });
    assert.equal(evidence({ directoryNames: [other.name] })?.['found'], 'C=BE, O=Test, CN=Other');
    const kinds = extension(
      oids.issuingDistributionPoint,
      sequence(context(0, context(0, dnsName('crl.example')))),
    );
    const [problem] = ask(ca.crl({ extensions: [kinds] }), leaf).problems;
    assert.equal(problem?.evidence['found'], 'names of other kinds');
  });

  it('says why it is none', () => {
    const reason = ({ subjects }: CrlVerdict) =>
      subjects[0]?.status.status === 'unknown' ? subjects[0].status.reason : undefined;
    const ended = ca.crl({ nextUpdate: new Date(testTime.getTime() - 1000) });
    assert.equal(reason(ask(ended, leaf)), 'crl-expired');
    assert.equal(reason(ask(ca.crl(), leaf, { issuers: [] })), 'the signature is unchecked');
    const publicKey = sequence(sequence(oid('1.3.6.1.4.1.99999.9')), bitString(Buffer.of(1)));
    const unusable = makeCa({ name: ca.name, key: ca, rewrite: () => ({ publicKey }) });
    const issuers = [parseCertificate(unusable.der)];
    const verdict = ask(ca.crl(), leaf, { issuers });
    assert.equal(reason(verdict), 'the signature is unchecked');
    assert.deepEqual([verdict.signature, verdict.problems], ['unchecked', []]);
  });

  it('names the signer', () => {
    const verdict = ask(ca.crl(), leaf, {
      issuers: [other, namesake, ca].map(({ der }) => parseCertificate(der)),
    });
    assert.equal(verdict.signature, 'valid');
    assert.deepEqual(Buffer.from(verdict.signer?.raw ?? []), ca.der);
  });

  it('tells by whom it is, and by whom it should be', () => {
    const of = (...issuers: readonly Identity[]) =>
      ask(ca.crl(), leaf, { issuers: issuers.map(({ der }) => parseCertificate(der)) }).problems[0]
        ?.evidence;
    const hex = ({ keyIdentifier }: Identity) => keyIdentifier.toString('hex').toUpperCase();
    assert.deepEqual(of(namesake), {
      found: `C=BE, O=Test, CN=CA with key ${hex(ca)}`,
      expected: `key ${hex(namesake)}`,
    });
    const strangers = [1, 2, 3, 4, 5].map((number) => makeCa({ name: `CN=${number}` }));
    assert.deepEqual(of(...strangers), {
      found: 'C=BE, O=Test, CN=CA',
      expected: 'CN=1 or CN=2 or CN=3 or CN=4',
    });
    const [altered] = ask(ca.crl({ signature: flippedLastByte }), leaf).problems;
    assert.equal(altered?.evidence['reason'], 'not signed by the key of its issuer');
    // The wrong reason would send its reader after a forgery
    const forCertificates = makeCa({
      name: ca.name,
      key: ca,
      onlyExtensions: [basicConstraints(true), keyUsage('keyCertSign')],
    });
    const verdict = ask(ca.crl(), leaf, { issuers: [parseCertificate(forCertificates.der)] });
    assert.deepEqual(
      [verdict.signature, verdict.signer?.serialHex],
      ['valid', parseCertificate(forCertificates.der).serialHex],
    );
    assert.match(JSON.stringify(verdict.problems), /cRLSign/);
  });

  it('tells the serial number, the time and the reason of a revocation', () => {
    const date = new Date('2024-02-03T04:05:06Z');
    const [problem] = ask(
      ca.crl({ entries: [{ serial: leaf.serial, date, reason: 5 }] }),
      leaf,
    ).problems;
    assert.deepEqual(problem?.evidence, {
      serial: leaf.serial.toString(16).toUpperCase(),
      revokedAt: date.toISOString(),
      reason: 'cessationOfOperation',
    });
  });

  it('tells no reason as unspecified', () => {
    const [problem] = ask(ca.crl(listed()), leaf).problems;
    assert.equal(problem?.evidence['reason'], 'unspecified');
  });

  it('tells which certificate is out of scope, and why', () => {
    const lists = issuingDistributionPoint({ onlyContainsCACerts: true });
    const [problem] = ask(ca.crl({ extensions: [lists] }), leaf).problems;
    assert.deepEqual(problem?.evidence, {
      found: 'onlyContainsCACerts',
      expected: 'a list with other certificates',
      serial: leaf.serial.toString(16).toUpperCase(),
    });
    const others = issuingDistributionPoint({ onlyContainsAttributeCerts: true });
    const [kind] = ask(ca.crl({ extensions: [others] }), leaf, { subjects: [] }).problems;
    assert.deepEqual(kind?.evidence, { found: 'onlyContainsAttributeCerts' });
  });

  it('refuses a CRL older than it may be', () => {
    const old = { thisUpdate: new Date('2025-01-01'), nextUpdate: new Date('2026-01-01') };
    const week = 7 * 86_400_000;
    assert.deepEqual(codesOf(ask(ca.crl(old), leaf, { maxAgeMs: week }).problems), ['crl-expired']);
    assert.deepEqual(codesOf(ask(ca.crl(old), leaf).problems), []);
    const age = testTime.getTime() - old.thisUpdate.getTime();
    assert.deepEqual(codesOf(ask(ca.crl(old), leaf, { maxAgeMs: age }).problems), []);
  });

  it('tells the times of a CRL that has ended', () => {
    const [problem] = ask(ca.crl(), leaf, { at: new Date('2025-07-01') }).problems;
    assert.equal(problem?.code, 'crl-expired');
    assert.equal(problem.evidence['thisUpdate'], '2025-06-01T00:00:00.000Z');
    assert.equal(problem.evidence['nextUpdate'], '2025-06-08T00:00:00.000Z');
  });

  it('takes an authorityKeyIdentifier that is critical', () => {
    const identifier = sequence(contextPrimitive(0, ca.keyIdentifier));
    const critical = extension(oids.authorityKeyIdentifier, identifier, true);
    assert.equal(statusOf(ask(ca.crl({ onlyExtensions: [critical, crlNumber(1)] }), leaf)), 'good');
  });

  it('notes what is no problem', () => {
    const rsa = makeCa({ name: 'old CA', key: 'rsa' });
    const issuers = [parseCertificate(rsa.der)];
    const notes = (options: CrlOptions) =>
      ask(rsa.crl(options), leaf, { issuers, subjects: [] }).notes.length;
    assert.equal(notes({}), 0);
    assert.equal(notes({ nextUpdate: null }), 1);
    assert.equal(notes({ hash: 'sha1' }), 1);
    assert.equal(notes({ number: null }), 1);
    assert.equal(notes({ hash: 'sha1', number: null, nextUpdate: null }), 3);
    const version1 = () => ({ version: Buffer.alloc(0), extensions: Buffer.alloc(0) });
    assert.equal(notes({ rewrite: version1 }), 0);
  });

  it('tells an issuer that may not sign CRLs from a signature that does not hold', () => {
    const extensions = [basicConstraints(true), keyUsage('keyCertSign')];
    const unable = makeCa({ name: ca.name, key: ca, onlyExtensions: extensions });
    const verdict = ask(ca.crl(), leaf, { issuers: [parseCertificate(unable.der)] });
    assert.equal(verdict.signature, 'valid');
    assert.deepEqual(codesOf(verdict.problems), ['crl-signature-invalid']);
    assert.match(JSON.stringify(verdict.problems), /cRLSign/);
  });

  it('refuses MD5 and says why', () => {
    const rsa = makeCa({ name: 'old CA', key: 'rsa' });
    const verdict = ask(rsa.crl({ hash: 'md5' }), leaf, { issuers: [parseCertificate(rsa.der)] });
    assert.equal(verdict.signature, 'invalid');
    assert.equal(verdict.problems[0]?.code, 'crl-signature-invalid');
    assert.match(JSON.stringify(verdict.problems[0].evidence), /MD5/);
  });

  it('tells several faults at once', () => {
    const crl = ca.crl({
      onlyExtensions: [crlNumber(1), unknownExtension(true), deltaCrlIndicator(1)],
      nextUpdate: new Date(testTime.getTime() - 1000),
      signature: flippedLastByte,
    });
    assert.deepEqual(codesOf(ask(crl, leaf).problems), [
      'crl-signature-invalid',
      'crl-expired',
      'crl-unsupported-extension',
      'crl-out-of-scope',
    ]);
  });

  it('asks about a subject whose extensions are malformed without trusting them', () => {
    const broken = ca.issue({
      name: 'broken',
      onlyExtensions: [extension(oids.basicConstraints, integer(1))],
    });
    assert.equal(
      statusOf(
        ask(
          ca.crl({ extensions: [issuingDistributionPoint({ onlyContainsUserCerts: true })] }),
          broken,
        ),
      ),
      'unknown',
    );
  });

  it('follows names, not their spelling', () => {
    const { serial } = parseCertificate(leaf.der);
    const subject = { serial, issuer: parseName(ca.name) };
    const verdict = ask(ca.crl(listed()), leaf, { subjects: [subject] });
    assert.equal(statusOf(verdict), 'revoked');
  });
});

describe('a CRL about no certificate in particular', () => {
  type Scope = Parameters<typeof issuingDistributionPoint>[0];
  const out: readonly GapCode[] = ['crl-out-of-scope'];
  const cases: readonly [name: string, scope: Scope | undefined, codes: readonly GapCode[]][] = [
    ['of everything', undefined, []],
    ['of its own address', { uris: [url] }, []],
    ['of another address', { uris: ['http://crl.example/other.crl'] }, out],
    ['of its issuer’s name', { directoryNames: [ca.name] }, []],
    ['of another name', { directoryNames: [other.name] }, out],
    ['of users', { onlyContainsUserCerts: true }, []],
    ['of attribute certificates', { onlyContainsAttributeCerts: true }, out],
    ['of others', { indirectCRL: true }, ['crl-unsupported-extension']],
    ['of some reasons', { reasons: [1, 2] }, out],
    ['of every reason', { reasons: [1, 2, 3, 4, 5, 6, 7, 8] }, []],
  ];
  const judged = (scope: Scope | undefined, question: Partial<CrlQuestion>) => {
    const crl = ca.crl({ extensions: scope ? [issuingDistributionPoint(scope)] : [] });
    const issuers = [parseCertificate(ca.der)];
    return codesOf(judgeCrl(readCrl(crl), { issuers, at: testTime, ...question }).problems);
  };
  for (const [name, scope, codes] of cases)
    it(name, () => assert.deepEqual(judged(scope, { url }), codes));
  it('of an address, from who knows where', () => {
    assert.deepEqual(judged({ uris: [url] }, {}), out);
    const { serial, issuer } = parseCertificate(leaf.der);
    assert.deepEqual(judged({ uris: [url] }, { subjects: [{ serial, issuer }] }), out);
  });
});

describe('reasons', () => {
  it('are all needed', () => {
    assert.ok(coversAllReasons(new Set([1, 2, 3, 4, 5, 6, 7, 8])));
    for (const missing of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const rest = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((reason) => reason !== missing);
      assert.ok(!coversAllReasons(new Set(rest)), String(missing));
    }
  });

  it('have the names of RFC 5280 5.3.1', () => {
    assert.equal(reasonName(0), 'unspecified');
    assert.equal(reasonName(1), 'keyCompromise');
    assert.equal(reasonName(10), 'aACompromise');
    assert.equal(reasonName(7), 'reason 7');
  });
});
