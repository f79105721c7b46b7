import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  certificateKey,
  fingerprint256,
  isSignedBy,
  keyHash,
  parseCertificate,
  validityAt,
} from '../../checks/pki/certificate.ts';
import { DerError } from '../../checks/pki/der.ts';
import {
  allowsKeyUsage,
  authorityInfoAccess,
  authorityKeyIdentifier,
  basicConstraints,
  crlDistributionPoints,
  extendedKeyUsage,
  freshestCrl,
  isPrecertificate,
  keyUsage,
  nameConstraints,
  subjectAltName,
  subjectKeyIdentifier,
} from '../../checks/pki/extensions.ts';
import { nameText } from '../../checks/pki/name.ts';
import { oids } from '../../checks/pki/oids.ts';
import { UnsupportedAlgorithm } from '../../checks/pki/signature.ts';
import { hex } from '../../checks/pki/values.ts';
import {
  bitString,
  boolean,
  context,
  contextPrimitive,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  tlv,
  utf8String,
} from '../helpers/der-writer.ts';
import { type CertificateParts, type IssueOptions, makeCa } from '../helpers/private-ca.ts';
import { signatureAlgorithm } from '../helpers/signing.ts';
import * as write from '../helpers/x509-writer.ts';

const ca = makeCa({ name: 'C=BE, O=Test, CN=Root' });
const none = Buffer.alloc(0);
const uniqueId = (n: number) => contextPrimitive(n, Buffer.of(0, 1));
const numbered = (count: number) => ({
  extensions: context(
    3,
    sequence(
      ...Array.from({ length: count }, (_, n) => write.extension(`1.2.3.${n}`, nullValue())),
    ),
  ),
});

describe('certificates', () => {
  it('are read as node:crypto reads them', () => {
    const leaf = ca.issue({ name: 'O=Test, CN=leaf', key: 'rsa', serial: 0xcafen });
    const certificate = parseCertificate(leaf.der);
    const witness = new X509Certificate(leaf.der);
    assert.equal(certificate.serialHex, witness.serialNumber);
    assert.equal(certificate.notBefore.getTime(), Date.parse(witness.validFrom));
    assert.equal(certificate.notAfter.getTime(), Date.parse(witness.validTo));
    assert.equal(fingerprint256(leaf.der), witness.fingerprint256.replaceAll(':', ''));
    assert.equal(nameText(certificate.issuer), 'C=BE, O=Test, CN=Root');
    assert.equal(certificate.version, 3);
    assert.ok(certificateKey(certificate)?.equals(witness.publicKey));
    assert.equal(keyHash(certificate), hex(leaf.keyIdentifier));
  });

  it('tell who signed them', () => {
    const other = makeCa({ name: 'C=BE, O=Test, CN=Root' });
    const leaf = parseCertificate(ca.issue({ name: 'leaf' }).der);
    const issuer = parseCertificate(ca.der);
    assert.ok(isSignedBy(leaf, issuer));
    assert.ok(isSignedBy(issuer, issuer));
    assert.ok(!isSignedBy(leaf, parseCertificate(other.der)));
    const keyless = ca.issue({
      name: 'nobody can sign',
      rewrite: () => ({ publicKey: sequence(sequence(oid('1.2.3')), bitString(Buffer.of(1))) }),
    });
    assert.equal(certificateKey(parseCertificate(keyless.der)), undefined);
    assert.throws(() => isSignedBy(leaf, parseCertificate(keyless.der)), UnsupportedAlgorithm);
    const md5 = makeCa({ name: 'old', key: 'rsa', hash: 'md5' });
    assert.throws(
      () => isSignedBy(parseCertificate(md5.der), parseCertificate(md5.der)),
      UnsupportedAlgorithm,
    );
  });

  it('are valid from their first second to the end of their last', () => {
    const notBefore = new Date('2024-01-01T00:00:00Z');
    const notAfter = new Date('2024-02-01T00:00:00Z');
    const certificate = parseCertificate(ca.issue({ name: 'leaf', notBefore, notAfter }).der);
    const at = (time: Date, ms: number) => validityAt(certificate, new Date(time.getTime() + ms));
    assert.equal(at(notBefore, -1), 'not-yet-valid');
    assert.equal(at(notBefore, 0), 'valid');
    assert.equal(at(notAfter, 999), 'valid');
    assert.equal(at(notAfter, 1000), 'expired');
  });

  it('may be of version 1, and then have nothing of later versions', () => {
    const old = { version: none, extensions: none };
    assert.equal(parseCertificate(ca.issue({ name: 'v1', rewrite: () => old }).der).version, 1);
  });

  for (const version of [2, 3])
    it(`may be of version ${version} and have unique identifiers`, () => {
      const rewrite = ({ publicKey }: CertificateParts) => ({
        version: context(0, integer(version - 1)),
        publicKey: Buffer.concat([publicKey, uniqueId(1), uniqueId(2)]),
        ...(version === 2 && { extensions: none }),
      });
      assert.equal(parseCertificate(ca.issue({ name: 'v2', rewrite }).der).version, version);
    });

  const withCritical = (value: Uint8Array) => {
    const written = sequence(oid(oids.ocspNoCheck), value, octetString(nullValue()));
    const rewrite = () => ({ extensions: context(3, sequence(written)) });
    return parseCertificate(ca.issue({ name: 'leaf', rewrite }).der).extensions.get(
      oids.ocspNoCheck,
    );
  };

  it('may write out that an extension is not critical', () => {
    assert.equal(withCritical(boolean(false))?.critical, false);
  });

  it('may say by any byte that an extension is critical', () => {
    assert.equal(withCritical(tlv(0x01, Buffer.of(1)))?.critical, true);
  });

  it('may have an empty list of extensions', () => {
    const rewrite = () => ({ extensions: context(3, sequence()) });
    assert.equal(parseCertificate(ca.issue({ name: 'none', rewrite }).der).extensions.size, 0);
  });

  it('may have a hundred extensions', () => {
    const extensions = numbered(100);
    const certificate = parseCertificate(ca.issue({ name: 'many', rewrite: () => extensions }).der);
    assert.equal(certificate.extensions.size, 100);
  });
});

type Rewrite = (parts: CertificateParts) => Partial<CertificateParts>;
const rewrites: readonly [name: string, rewrite: Rewrite][] = [
  ['version 1 written out', () => ({ version: context(0, integer(0)) })],
  ['two versions', () => ({ version: context(0, integer(2), integer(2)) })],
  ['version 4', () => ({ version: context(0, integer(3)) })],
  ['extensions in version 1', () => ({ version: none })],
  ['extensions in version 2', () => ({ version: context(0, integer(1)) })],
  ['a serial number that is not minimal', () => ({ serial: integer(Buffer.of(0, 5)) })],
  ['an empty serial number', () => ({ serial: integer(none) })],
  ['a validity of one time', (parts) => ({ validity: sequence(parts.validity.subarray(2, 17)) })],
  [
    'a validity of three times',
    ({ validity }) => ({ validity: sequence(validity.subarray(2), validity.subarray(2, 17)) }),
  ],
  [
    'a third field after its key',
    ({ publicKey }) => ({ publicKey: sequence(publicKey.subarray(2), nullValue()) }),
  ],
  ['no subject', () => ({ subject: none })],
  ['101 extensions', () => numbered(101)],
  [
    'an extension with a fourth field',
    () => ({
      extensions: context(3, sequence(sequence(oid('1.2.3'), octetString(), nullValue()))),
    }),
  ],
  [
    'an extension twice',
    () => ({ extensions: context(3, sequence(write.ocspNoCheck(), write.ocspNoCheck())) }),
  ],
  ['another algorithm inside than outside', () => ({ algorithm: sequence(oid('1.2.3')) })],
  [
    'a unique identifier of the issuer in version 1',
    ({ publicKey }) => ({
      version: none,
      extensions: none,
      publicKey: Buffer.concat([publicKey, uniqueId(1)]),
    }),
  ],
  [
    'a unique identifier of the subject in version 1',
    ({ publicKey }) => ({
      version: none,
      extensions: none,
      publicKey: Buffer.concat([publicKey, uniqueId(2)]),
    }),
  ],
  [
    'unique identifiers in another order',
    ({ publicKey }) => ({ publicKey: Buffer.concat([publicKey, uniqueId(2), uniqueId(1)]) }),
  ],
  [
    'a unique identifier that is no bit string',
    ({ publicKey }) => ({
      publicKey: Buffer.concat([publicKey, contextPrimitive(1, Buffer.of(8, 1))]),
    }),
  ],
  [
    'bytes after the list of extensions',
    () => ({ extensions: context(3, sequence(write.ocspNoCheck()), nullValue()) }),
  ],
  [
    'bytes after the extensions',
    (parts) => ({ extensions: Buffer.concat([parts.extensions, nullValue()]) }),
  ],
];

const options: readonly [name: string, options: Partial<IssueOptions>][] = [
  ['another algorithm outside than inside', { outerAlgorithm: sequence(oid('1.2.3')) }],
  [
    'the same algorithm outside with other parameters',
    { outerAlgorithm: sequence(signatureAlgorithm(ca.privateKey).subarray(2), nullValue()) },
  ],
];

describe('certificates with a defect are refused:', () => {
  for (const [name, rewrite] of rewrites)
    it(name, () => {
      assert.throws(() => parseCertificate(ca.issue({ name: 'leaf', rewrite }).der), DerError);
    });
  for (const [name, option] of options)
    it(name, () => {
      assert.throws(() => parseCertificate(ca.issue({ name: 'leaf', ...option }).der), DerError);
    });

  const { der } = ca.issue({ name: 'leaf' });
  it('every truncation', () => {
    for (let length = 0; length < der.length; length++)
      assert.throws(() => parseCertificate(der.subarray(0, length)), DerError);
  });
  it('bytes after it', () => {
    assert.throws(() => parseCertificate(Buffer.concat([der, Buffer.of(0)])), DerError);
  });
  it('bytes after its signature', () => {
    assert.equal(der.readUInt8(1), 0x82); // its length has two bytes
    assert.throws(() => parseCertificate(sequence(der.subarray(4), nullValue())), DerError);
  });
});

describe('extensions', () => {
  const withExtensions = (...extensions: readonly Uint8Array[]) =>
    parseCertificate(ca.issue({ name: 'leaf', onlyExtensions: extensions }).der);

  it('are read', () => {
    const certificate = withExtensions(
      write.basicConstraints(true, 2),
      write.keyUsage('cRLSign', 'decipherOnly'),
      write.extKeyUsage([oids.serverAuth, oids.ocspSigning]),
      write.subjectKeyIdentifier(Buffer.of(1, 2)),
      write.authorityKeyIdentifier(Buffer.of(3, 4)),
      write.subjectAltName(
        write.dnsName('a.example'),
        write.emailName('x@b.example'),
        write.ipName(Buffer.of(192, 0, 2, 1)),
        write.directoryName(write.nameOf('CN=dir')),
        contextPrimitive(8, Buffer.of(42)),
      ),
      write.crlDistributionPoints(
        { uris: ['http://crl.example/a'], reasons: [1, 3] },
        { crlIssuer: write.nameOf('CN=other') },
        { relativeName: sequence(oid('2.5.4.3'), utf8String('shard')) },
      ),
      write.freshestCrl({ uris: ['http://crl.example/delta'] }),
      write.authorityInfoAccess({ ocsp: ['http://o.example'], caIssuers: ['http://c.example'] }),
      write.nameConstraints({ permitted: [write.dnsName('example')] }),
    );
    assert.deepEqual(basicConstraints(certificate), { ca: true, pathLength: 2 });
    assert.deepEqual([...(keyUsage(certificate) ?? [])], [6, 8]);
    assert.ok(allowsKeyUsage(certificate, 'cRLSign'));
    assert.ok(!allowsKeyUsage(certificate, 'keyCertSign'));
    assert.deepEqual(
      [...(extendedKeyUsage(certificate) ?? [])],
      [oids.serverAuth, oids.ocspSigning],
    );
    assert.equal(subjectKeyIdentifier(certificate), '0102');
    assert.deepEqual(authorityKeyIdentifier(certificate), { keyIdentifier: '0304' });
    const names = subjectAltName(certificate);
    assert.deepEqual(names?.dnsNames, ['a.example']);
    assert.deepEqual(names.emailAddresses, ['x@b.example']);
    assert.deepEqual(names.directoryNames.map(nameText), ['CN=dir']);
    assert.deepEqual(names.others, [8]);
    const points = crlDistributionPoints(certificate) ?? [];
    assert.deepEqual(points[0]?.fullName?.uris, ['http://crl.example/a']);
    assert.deepEqual([...(points[0].reasons ?? [])], [1, 3]);
    assert.deepEqual(points[1]?.crlIssuer?.map(nameText), ['CN=other']);
    assert.deepEqual(points[2]?.relativeName?.attributes, [{ type: '2.5.4.3', value: 'shard' }]);
    assert.deepEqual(freshestCrl(certificate)?.[0]?.fullName?.uris, ['http://crl.example/delta']);
    assert.deepEqual(authorityInfoAccess(certificate), {
      ocsp: ['http://o.example'],
      caIssuers: ['http://c.example'],
    });
    assert.deepEqual(nameConstraints(certificate)?.permitted?.dnsNames, ['example']);
    assert.ok(!isPrecertificate(certificate));
  });

  it('that write cA FALSE out are no CA’s', () => {
    const written = withExtensions(
      write.extension(oids.basicConstraints, sequence(boolean(false), integer(3))),
    );
    assert.deepEqual(basicConstraints(written), { ca: false, pathLength: 3 });
  });

  it('that are absent allow every use', () => {
    const certificate = withExtensions(write.ocspNoCheck());
    assert.equal(keyUsage(certificate), undefined);
    assert.ok(allowsKeyUsage(certificate, 'cRLSign'));
    assert.equal(extendedKeyUsage(certificate), undefined);
    assert.equal(basicConstraints(certificate), undefined);
    assert.equal(crlDistributionPoints(certificate), undefined);
  });

  it('that point to no URI are passed over', () => {
    const location = sequence(oid(oids.caIssuers), write.dnsName('c.example'));
    const certificate = withExtensions(
      write.extension(oids.authorityInfoAccess, sequence(location)),
    );
    assert.deepEqual(authorityInfoAccess(certificate), { ocsp: [], caIssuers: [] });
  });

  type Extended = ReturnType<typeof parseCertificate>;
  const limits: readonly [
    string,
    string,
    (n: number) => Uint8Array,
    (from: Extended) => unknown,
  ][] = [
    ['purposes', oids.extKeyUsage, (n) => oid(`1.2.3.${n}`), extendedKeyUsage],
    ['distribution points', oids.crlDistributionPoints, () => sequence(), crlDistributionPoints],
    [
      'access descriptions',
      oids.authorityInfoAccess,
      () => sequence(oid(oids.ocsp), write.uriName('http://o.example')),
      authorityInfoAccess,
    ],
  ];
  for (const [name, id, item, read] of limits)
    it(`take 100 ${name}, and no more`, () => {
      const holding = (count: number) => {
        const items = Array.from({ length: count }, (_, n) => item(n));
        return withExtensions(write.extension(id, sequence(...items)));
      };
      assert.ok(read(holding(100)));
      assert.throws(() => read(holding(101)), DerError);
    });

  const attribute = sequence(oid('2.5.4.3'), utf8String('shard'));
  const malformed: readonly [string, string, Uint8Array, (from: Extended) => unknown][] = [
    ['an empty extendedKeyUsage', oids.extKeyUsage, sequence(), extendedKeyUsage],
    [
      'keyUsage with bytes left over',
      oids.keyUsage,
      Buffer.concat([bitString(Buffer.of(1)), nullValue()]),
      keyUsage,
    ],
    [
      'basicConstraints with a third field',
      oids.basicConstraints,
      sequence(boolean(true), integer(1), nullValue()),
      basicConstraints,
    ],
    [
      'a negative path length',
      oids.basicConstraints,
      sequence(boolean(true), integer(-1)),
      basicConstraints,
    ],
    ['empty name constraints', oids.nameConstraints, sequence(), nameConstraints],
    [
      'a distribution point with two names',
      oids.crlDistributionPoints,
      sequence(
        sequence(context(0, context(0, write.uriName('a')), context(0, write.uriName('b')))),
      ),
      crlDistributionPoints,
    ],
    [
      'a distribution point name of no kind',
      oids.crlDistributionPoints,
      sequence(sequence(context(0, context(2, attribute)))),
      crlDistributionPoints,
    ],
    [
      'a distribution point name with another after it',
      oids.crlDistributionPoints,
      sequence(sequence(context(0, context(1, attribute), context(1, attribute)))),
      crlDistributionPoints,
    ],
    [
      'a distribution point with a fourth field',
      oids.crlDistributionPoints,
      sequence(sequence(context(0, context(1, attribute)), nullValue())),
      crlDistributionPoints,
    ],
    [
      'a relative name that is empty',
      oids.crlDistributionPoints,
      sequence(sequence(context(0, context(1)))),
      crlDistributionPoints,
    ],
    [
      'a general name of no kind',
      oids.subjectAltName,
      sequence(contextPrimitive(9, Buffer.of(1))),
      subjectAltName,
    ],
    [
      'a subject key identifier that is no OCTET STRING',
      oids.subjectKeyIdentifier,
      integer(1),
      subjectKeyIdentifier,
    ],
    [
      'a subject key identifier with bytes left over',
      oids.subjectKeyIdentifier,
      Buffer.concat([octetString(Buffer.of(1)), nullValue()]),
      subjectKeyIdentifier,
    ],
    [
      'an access description with a third field',
      oids.authorityInfoAccess,
      sequence(sequence(oid(oids.ocsp), write.uriName('http://o.example'), nullValue())),
      authorityInfoAccess,
    ],
    [
      'an access description without a location',
      oids.authorityInfoAccess,
      sequence(sequence(oid(oids.ocsp))),
      authorityInfoAccess,
    ],
    [
      'a key identifier cut short',
      oids.authorityKeyIdentifier,
      tlv(0x30, Buffer.of(0x80, 5, 0)),
      authorityKeyIdentifier,
    ],
  ];
  for (const [name, id, value, read] of malformed)
    it(`refuse ${name}`, () => {
      const certificate = withExtensions(write.extension(id, value));
      assert.throws(() => read(certificate), DerError);
    });
});
