import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { type Certificate, parseCertificate } from '../../checks/pki/certificate.ts';
import { judgeOcsp, ocspEvidence } from '../../checks/pki/ocsp-judge.ts';
import { oids } from '../../checks/pki/oids.ts';
import type { GapCode } from '../../checks/types.ts';
import {
  context,
  contextPrimitive,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
} from '../helpers/der-writer.ts';
import { after, ca, day, make, question, subject } from '../helpers/ocsp-cases.ts';
import { byKey, byName, makeDelegate, makeOcsp } from '../helpers/ocsp-maker.ts';
import { opensslOcsp } from '../helpers/ocsp-oracle.ts';
import { type Identity, flippedLastByte, makeCa, testTime } from '../helpers/private-ca.ts';
import { lacking } from '../helpers/programs.ts';
import type { KeyKind } from '../helpers/signing.ts';
import {
  basicConstraints,
  dnsName,
  extKeyUsage,
  extension,
  keyUsage,
  unknownExtension,
  uriName,
} from '../helpers/x509-writer.ts';

const noOpenssl = await lacking('openssl');

const signing = extKeyUsage([oids.ocspSigning]);
const delegate = makeDelegate(ca);
const twin = makeCa({ name: 'C=BE, O=Example, CN=Issuing CA' });
const subCa = ca.issue({ name: 'Sub CA', ca: true });
const subDelegate = makeDelegate(subCa);
const stranger = makeCa({ name: 'Stranger' });
const withExtensions = (...onlyExtensions: readonly Uint8Array[]): Identity =>
  makeDelegate(ca, { onlyExtensions });

interface ResponderCase {
  readonly name: string;
  readonly response: Buffer;
  /** Absent: good. */
  readonly code?: 'ocsp-signature-invalid' | 'ocsp-responder-unauthorized';
  readonly delegated?: boolean;
  /** Why OpenSSL does not agree, where it does not. */
  readonly differs?: string;
}

const by = (signer: Identity, options: Partial<Parameters<typeof make>[0]> = {}): Buffer =>
  make({ signer, ...options });

const sha256 = ({ publicKeyBits }: Certificate): Buffer =>
  createHash('sha256').update(publicKeyBits).digest();

/** Values of extensions that a delegate may have, each of them critical. */
const names = sequence(dnsName('ocsp.example.org'));
const allCritical = Object.entries({
  [oids.subjectKeyIdentifier]: octetString(Buffer.of(1)),
  [oids.authorityKeyIdentifier]: sequence(contextPrimitive(0, ca.keyIdentifier)),
  [oids.subjectAltName]: names,
  [oids.issuerAltName]: names,
  [oids.certificatePolicies]: sequence(sequence(oid('1.3.6.1.4.1.99999.3'))),
  [oids.authorityInfoAccess]: sequence(sequence(oid(oids.ocsp), uriName('http://o/'))),
  [oids.crlDistributionPoints]: sequence(sequence(context(0, context(0, uriName('http://c/'))))),
  [oids.ocspNoCheck]: nullValue(),
}).map(([id, value]) => extension(id, value, true));

const accepted: readonly ResponderCase[] = [
  { name: 'the CA, by key', response: make() },
  { name: 'the CA, by name', response: make({ responder: 'name' }) },
  { name: 'the CA, its certificate sent along', response: make({ certificates: [ca.der] }) },
  { name: 'a delegate, by key', response: by(delegate), delegated: true },
  { name: 'a delegate, by name', response: by(delegate, { responder: 'name' }), delegated: true },
  {
    name: 'a delegate without ocsp-nocheck',
    response: by(withExtensions(basicConstraints(false), signing)),
    delegated: true,
  },
  {
    name: 'a delegate whose key usage is nonRepudiation (RFC 5280 4.2.1.12)',
    response: by(withExtensions(keyUsage('nonRepudiation'), signing)),
    delegated: true,
  },
  {
    name: 'a delegate with more purposes than OCSP signing, critical',
    response: by(withExtensions(extKeyUsage([oids.clientAuth, oids.ocspSigning], true))),
    delegated: true,
  },
  {
    name: 'a delegate among other certificates',
    response: by(delegate, { certificates: [ca.der, stranger.der, subCa.der, delegate.der] }),
    delegated: true,
  },
  {
    name: 'a delegate after something that is no certificate',
    response: by(delegate, { certificates: [sequence(integer(1)), delegate.der] }),
    delegated: true,
    differs: 'OpenSSL reads all certificates or none',
  },
  {
    name: 'a delegate with an expired and a renewed certificate',
    response: by(delegate, {
      certificates: [makeDelegate(ca, { key: delegate, notAfter: after(-day) }).der, delegate.der],
    }),
    delegated: true,
    differs: 'OpenSSL takes the first certificate that the responder id fits',
  },
  {
    name: "a delegate with the CA's own name",
    response: by(makeDelegate(ca, { name: ca.name }), { responder: 'name' }),
    delegated: true,
  },
  {
    name: "a delegate with the CA's key and another name",
    response: by(makeDelegate(ca, { name: 'Other', key: ca }), { responder: 'name' }),
    delegated: true,
  },
  {
    name: 'a delegate all of whose extensions are critical',
    response: by(
      withExtensions(
        basicConstraints(false),
        keyUsage('digitalSignature'),
        extKeyUsage([oids.ocspSigning], true),
        ...allCritical,
      ),
    ),
    delegated: true,
    differs: 'OpenSSL processes some of these only where they are not critical',
  },
  {
    name: 'a delegate with an unknown extension',
    response: by(makeDelegate(ca, { extensions: [signing, unknownExtension(false)] })),
    delegated: true,
  },
  {
    name: 'a delegate that is a CA itself, with OCSP signing as its purpose',
    response: by(makeDelegate(ca, { ca: true, onlyExtensions: [basicConstraints(true), signing] })),
    delegated: true,
  },
];

const unauthorized: readonly ResponderCase[] = [
  {
    name: 'a delegate that was not sent along',
    response: by(delegate, { certificates: [] }),
  },
  {
    name: 'a certificate of the CA without any purpose',
    response: by(ca.issue({ name: 'no EKU' })),
  },
  {
    name: 'a certificate of the CA for servers',
    response: by(ca.issue({ name: 'server', extensions: [extKeyUsage([oids.serverAuth])] })),
  },
  {
    name: 'a certificate of the CA for any purpose: OCSP signing must be named',
    response: by(ca.issue({ name: 'any', extensions: [extKeyUsage([oids.anyExtendedKeyUsage])] })),
  },
  { name: 'a CA of the CA', response: by(subCa) },
  { name: 'a delegate of a CA of the CA', response: by(subDelegate) },
  {
    name: 'a delegate of a CA of the CA, with the chain',
    response: by(subDelegate, { certificates: [subDelegate.der, subCa.der] }),
  },
  { name: 'a delegate of another CA', response: by(makeDelegate(stranger)) },
  { name: "a delegate of another CA of the CA's name", response: by(makeDelegate(twin)) },
  {
    name: 'a delegate that the CA signed under the name of another',
    response: by(makeDelegate(ca, { rewrite: () => ({ issuer: stranger.name }) })),
  },
  {
    name: 'a delegate whose certificate has a broken signature',
    response: by(makeDelegate(ca, { signature: flippedLastByte })),
  },
  {
    name: 'a self-signed certificate for OCSP signing',
    response: by(makeCa({ name: 'Self', onlyExtensions: [basicConstraints(false), signing] })),
  },
  {
    name: 'a delegate whose certificate has expired',
    response: by(makeDelegate(ca, { notAfter: after(-day) })),
  },
  {
    name: 'a delegate whose certificate expired between the response and now',
    response: by(makeDelegate(ca, { notAfter: after(-30 * 60_000) })),
  },
  {
    name: 'a delegate whose certificate became valid after the response',
    response: by(makeDelegate(ca, { notBefore: after(-30 * 60_000) })),
    differs: 'OpenSSL does not look at producedAt',
  },
  {
    name: 'a delegate whose certificate is not valid yet',
    response: by(makeDelegate(ca, { notBefore: after(day) })),
  },
  {
    name: 'a delegate whose key usage allows no signatures',
    response: by(withExtensions(keyUsage('keyEncipherment'), signing)),
    differs: 'OpenSSL does not look at the key usage',
  },
  {
    name: 'a delegate with an unknown critical extension',
    response: by(makeDelegate(ca, { extensions: [signing, unknownExtension(true)] })),
  },
  {
    name: 'a delegate with malformed purposes',
    response: by(withExtensions(extension(oids.extKeyUsage, nullValue()))),
  },
  {
    name: 'a delegate whose key can be factored',
    response: by(makeDelegate(ca, { key: generateKeyPairSync('rsa', { modulusLength: 768 }) })),
    differs: 'OpenSSL looks at the strength of keys only where it is told a security level',
  },
  {
    name: 'a delegate without extensions',
    response: by(withExtensions()),
  },
  {
    name: "the CA's signature under another's name",
    response: make({ responder: byName(stranger) }),
  },
  {
    name: "the CA's key under another name, without any purpose",
    response: by(ca.issue({ name: 'Other', key: ca }), { responder: 'name' }),
  },
  {
    name: "the CA's key by SHA-256, where SHA-1 is due",
    response: make({ responder: context(2, octetString(sha256(parseCertificate(ca.der)))) }),
  },
];

const invalid: readonly ResponderCase[] = [
  {
    name: "the CA's signature under another's key, whose certificate is sent along",
    response: make({ responder: byKey(stranger), certificates: [stranger.der] }),
  },
  { name: 'a broken signature of the CA', response: make({ signature: flippedLastByte }) },
  {
    name: 'a broken signature of a delegate',
    response: by(delegate, { signature: flippedLastByte }),
  },
  { name: 'an empty signature', response: make({ signature: () => Buffer.alloc(0) }) },
  {
    name: "a stranger's signature under the CA's name",
    response: by(stranger, { responder: byName(ca), certificates: [] }),
  },
  {
    name: "a stranger's signature under a delegate's key, whose certificate is sent along",
    response: by(stranger, { responder: byKey(delegate), certificates: [delegate.der] }),
  },
  {
    name: 'the algorithm of another kind of key',
    response: make({ outerAlgorithm: sequence(oid('1.2.840.113549.1.1.11'), nullValue()) }),
  },
  {
    name: 'an unknown algorithm',
    response: make({ outerAlgorithm: sequence(oid('1.3.6.1.4.1.99999.2')) }),
  },
  {
    name: 'an algorithm with parameters that it does not have',
    response: make({ outerAlgorithm: sequence(oid('1.2.840.10045.4.3.2'), nullValue()) }),
    differs: 'OpenSSL ignores the parameters of ECDSA',
  },
];

const agree = async ({ response, differs }: ResponderCase, ours: boolean): Promise<void> => {
  if (noOpenssl !== false) return;
  const { verified } = await opensslOcsp(response, {
    issuer: ca,
    serial: subject.serial,
    at: testTime,
  });
  assert.equal(verified === ours, differs === undefined, `OpenSSL says ${String(verified)}`);
};

const refuses = (cases: readonly ResponderCase[], code: GapCode, signature: string): void => {
  for (const one of cases)
    it(one.name, async () => {
      const verdict = judgeOcsp(one.response, { ...question, at: testTime });
      assert.deepEqual(
        verdict.problems.map((problem) => problem.code),
        [code],
      );
      assert.equal(verdict.signature, signature);
      assert.equal(verdict.answer, undefined);
      await agree(one, false);
    });
};

describe('a responder that may answer', () => {
  for (const one of accepted)
    it(one.name, async () => {
      const verdict = judgeOcsp(one.response, { ...question, at: testTime });
      assert.deepEqual(verdict.problems, []);
      assert.equal(verdict.signature, 'valid');
      assert.equal(ocspEvidence(verdict)['delegated'], one.delegated ?? false);
      await agree(one, true);
    });

  it('says whether the revocation of a delegate could be asked for', () => {
    const of = (signer: Identity) =>
      ocspEvidence(judgeOcsp(by(signer), { ...question, at: testTime }))['delegateRevocation'];
    assert.equal(of(delegate), 'nocheck');
    assert.equal(of(withExtensions(signing)), 'unchecked');
  });
});

describe('a responder without the right to answer', () => {
  refuses(unauthorized, 'ocsp-responder-unauthorized', 'unchecked');
});

describe('a signature that is not the responder’s', () => {
  refuses(invalid, 'ocsp-signature-invalid', 'invalid');
});

describe('keys and hashes', () => {
  const kinds: readonly [KeyKind, { hash?: string; pss?: boolean }?][] = [
    ['rsa'],
    ['rsa', { hash: 'sha512' }],
    ['rsa', { pss: true }],
    ['rsa3072', { hash: 'sha384', pss: true }],
    ['p256'],
    ['p384'],
    ['p521'],
    ['ed25519'],
    ['ed448'],
  ];
  for (const [kind, options = {}] of kinds)
    it(`${kind} ${JSON.stringify(options)}`, async () => {
      const issuer = makeCa({ name: `CA ${kind}`, key: kind });
      const signer = makeDelegate(issuer, { key: kind });
      const at = testTime;
      for (const response of [
        makeOcsp({ issuer, serial: 7, ...options }),
        makeOcsp({ issuer, serial: 7, signer, ...options }),
      ]) {
        const asked = { issuer: parseCertificate(issuer.der), serial: Uint8Array.of(7), at };
        assert.deepEqual(judgeOcsp(response, asked).problems, []);
        if (noOpenssl === false)
          assert.equal((await opensslOcsp(response, { issuer, serial: 7n, at })).verified, true);
      }
    });

  it('MD5 is refused, however well it is signed, and is the reason', () => {
    const issuer = makeCa({ name: 'CA', key: 'rsa' });
    const told = (response: Buffer) => {
      const [problem] = judgeOcsp(response, {
        issuer: parseCertificate(issuer.der),
        serial: Uint8Array.of(7),
        at: testTime,
      }).problems;
      assert.match(JSON.stringify(problem?.evidence), /MD5/);
      return problem?.code;
    };
    assert.equal(told(makeOcsp({ issuer, serial: 7, hash: 'md5' })), 'ocsp-signature-invalid');
    const signer = makeDelegate(issuer, { hash: 'md5' });
    assert.equal(told(makeOcsp({ issuer, serial: 7, signer })), 'ocsp-responder-unauthorized');
  });
});

describe('floods', () => {
  const codes = (response: Buffer): readonly GapCode[] =>
    judgeOcsp(response, { ...question, at: testTime }).problems.map(({ code }) => code);

  it('cross-certified CAs are not followed', () => {
    const a = makeCa({ name: 'Cross A' });
    const b = makeCa({ name: 'Cross B' });
    const crossed = [
      a.issue({ name: b.name, key: b, ca: true }),
      b.issue({ name: a.name, key: a, ca: true }),
    ];
    const certificates = Array.from({ length: 25 }, () => crossed.map(({ der }) => der)).flat();
    assert.deepEqual(codes(by(delegate, { certificates: [...certificates, delegate.der] })), []);
    assert.deepEqual(codes(by(a, { certificates })), ['ocsp-responder-unauthorized']);
  });

  it('many certificates of the same name are tried up to a bound', () => {
    const behind = (count: number): Buffer => {
      const crowd = Array.from({ length: count }, () =>
        makeDelegate(stranger, { name: delegate.name }),
      );
      const certificates = [...crowd, delegate].map(({ der }) => der);
      return by(delegate, { responder: 'name', certificates });
    };
    assert.deepEqual(codes(behind(15)), []);
    assert.deepEqual(codes(behind(16)), ['ocsp-signature-invalid']);
  });

  it('more certificates than any responder sends are refused', () => {
    const certificates = Array.from({ length: 101 }, () => delegate.der);
    assert.deepEqual(codes(by(delegate, { certificates })), ['ocsp-malformed']);
  });
});
