/** Indirect CRLs (RFC 5280 5.2.5, 5.3.3, 6.3.3 (b)(1)) for certificates that ask for one by cRLIssuer. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCertificate } from '../../checks/pki/certificate.ts';
import { type CrlVerdict, judgeCrl } from '../../checks/pki/crl-judge.ts';
import { readCrl } from '../../checks/pki/crl-reader.ts';
import { oids } from '../../checks/pki/oids.ts';
import { piecesOf } from '../helpers/chunks.ts';
import { opensslCrlCheck } from '../helpers/crl-oracle.ts';
import { context, sequence } from '../helpers/der-writer.ts';
import {
  type CrlOptions,
  type Identity,
  keyIdentifierOf,
  makeCa,
  testTime,
} from '../helpers/private-ca.ts';
import { lacking } from '../helpers/programs.ts';
import { readPieces } from '../helpers/read-pieces.ts';
import { generateKey } from '../helpers/signing.ts';
import {
  type DistributionPointParts,
  type IssuingDistributionPointParts,
  certificateIssuer,
  crlDistributionPoints,
  deltaCrlIndicator,
  directoryName,
  extension,
  issuingDistributionPoint,
  keyUsage,
  nameOf,
  subjectKeyIdentifier,
  unknownExtension,
  uriName,
} from '../helpers/x509-writer.ts';
import { type CrlExpectation, bad, good, revoked } from './crl-expectation.ts';

const url = 'http://crl.example/indirect.crl';
const ca = makeCa({ name: 'C=BE, O=Test, CN=CA' });
/** One that the CA certified for CRLs alone, with a key of its own. */
const crlIssuer = (
  name: string,
  { key = generateKey('p256'), usage = keyUsage('cRLSign') } = {},
): Identity => {
  const identifier = subjectKeyIdentifier(keyIdentifierOf(key.publicKey));
  return ca.issue({ name, key, onlyExtensions: [usage, identifier] });
};
const lister = crlIssuer('O=Test, CN=CRL Issuer');
const rolled = crlIssuer('O=Test, CN=CRL Issuer');
const third = crlIssuer('CN=Third');

const asking = (point: DistributionPointParts = { uris: [url] }, isCa = false): Identity =>
  ca.issue({
    name: 'leaf that asks for it',
    ca: isCa,
    extensions: [crlDistributionPoints({ ...point, crlIssuer: lister.name })],
  });
const leaf = asking();
const subCa = asking({ uris: [url] }, true);
const pointless = asking({});
const twiceAsking = ca.issue({
  name: 'leaf that asks for it by two names',
  extensions: [
    extension(
      oids.crlDistributionPoints,
      sequence(
        sequence(
          context(0, context(0, uriName(url))),
          context(2, directoryName(lister.name), directoryName(third.name)),
        ),
      ),
    ),
  ],
});
const shard = nameOf('CN=shard').subarray(4);
const relative = asking({ relativeName: shard });

const from = (issuer: Identity) => ({ extensions: [certificateIssuer(issuer.name)] });
const listed = (subject: Identity, reason = 1): CrlOptions => ({
  entries: [
    { serial: 1, ...from(ca) },
    { serial: subject.serial, reason },
  ],
});

interface Case extends CrlExpectation {
  readonly name: string;
  readonly crl?: CrlOptions;
  /** Of the CRL; null: it is none. */
  readonly scope?: IssuingDistributionPointParts | null;
  readonly signer?: Identity;
  readonly issuers?: readonly Identity[];
  readonly subject?: Identity;
}

/** Why OpenSSL 3.0 knows neither key identifier nor key usage of a CRL issuer that is not on the leaf’s path. */
const unread = 'it has not read the extensions of that certificate yet';

const cases: readonly Case[] = [
  { name: 'without the certificate', ...good },
  { name: 'with it, its issuer named by an earlier entry', crl: listed(leaf), ...revoked },
  {
    name: 'with it, its issuer named by its own entry',
    crl: { entries: [{ serial: leaf.serial, ...from(ca) }] },
    ...revoked,
  },
  {
    name: 'with it, its issuer named by an extension that is not critical',
    crl: {
      entries: [{ serial: leaf.serial, extensions: [certificateIssuer(ca.name, false)] }],
    },
    ...revoked,
  },
  {
    name: 'with it, its issuer among several names',
    crl: {
      entries: [
        {
          serial: leaf.serial,
          extensions: [
            extension(
              oids.certificateIssuer,
              sequence(directoryName(third.name), directoryName(ca.name)),
              true,
            ),
          ],
        },
      ],
    },
    ...revoked,
  },
  {
    name: 'with its serial number before any issuer is named: the CRL issuer’s own',
    crl: { entries: [{ serial: leaf.serial }, { serial: 2, ...from(ca) }] },
    ...good,
  },
  {
    name: 'with its serial number after another issuer was named',
    crl: {
      entries: [{ serial: 1, ...from(ca) }, { serial: 2, ...from(third) }, { serial: leaf.serial }],
    },
    ...good,
  },
  {
    name: 'with its serial number under another issuer and under its own',
    crl: {
      entries: [
        { serial: leaf.serial, ...from(third) },
        { serial: leaf.serial, ...from(ca) },
      ],
    },
    ...revoked,
  },
  {
    name: 'that a certificate asks for by two names',
    subject: twiceAsking,
    crl: listed(twiceAsking),
    ...revoked,
  },
  { name: 'that is a direct one', scope: null, ...bad('crl-out-of-scope') },
  {
    name: 'by another than it asks for',
    signer: third,
    issuers: [third],
    ...bad('crl-unsupported-extension'),
  },
  {
    name: 'by the certificate’s own issuer, which it does not ask',
    signer: ca,
    issuers: [ca],
    ...bad('crl-unsupported-extension'),
  },
  {
    name: 'by another key of the CRL issuer’s name',
    signer: rolled,
    ...bad('crl-wrong-issuer'),
  },
  {
    name: 'by a CRL issuer with two keys, both known',
    signer: rolled,
    issuers: [lister, rolled],
    crl: listed(leaf),
    ...revoked,
    openssl: ['CRL signature failure', unread],
  },
  {
    name: 'by a CRL issuer that may not sign CRLs',
    issuers: [crlIssuer('O=Test, CN=CRL Issuer', { key: lister, usage: keyUsage('keyCertSign') })],
    ...bad('crl-signature-invalid'),
    openssl: ['good', unread],
  },
  {
    name: 'for some reasons, without it',
    scope: { uris: [url], reasons: [1, 2] },
    ...bad('crl-out-of-scope'),
  },
  {
    name: 'for some reasons, with it',
    scope: { uris: [url], reasons: [1, 2] },
    crl: listed(leaf),
    ...revoked,
  },
  {
    name: 'of users, for a user',
    scope: { uris: [url], onlyContainsUserCerts: true },
    crl: listed(leaf),
    ...revoked,
  },
  {
    name: 'of users, for a CA',
    scope: { uris: [url], onlyContainsUserCerts: true },
    crl: listed(subCa),
    subject: subCa,
    ...bad('crl-unsupported-extension'),
  },
  { name: 'of all points', scope: {}, crl: listed(leaf), ...revoked },
  {
    name: 'of another point',
    scope: { uris: ['http://crl.example/other.crl'] },
    crl: listed(leaf),
    ...bad('crl-unsupported-extension'),
  },
  {
    name: 'of a point named relative to the CRL issuer',
    scope: { relativeName: shard },
    subject: relative,
    crl: listed(relative),
    ...revoked,
  },
  {
    name: 'of a point named relative to the CRL issuer, and in full',
    scope: { directoryNames: [nameOf('O=Test, CN=CRL Issuer, CN=shard')] },
    subject: relative,
    crl: listed(relative),
    ...revoked,
  },
  {
    name: 'of a point named relative to the certificate’s issuer',
    scope: { directoryNames: [nameOf('C=BE, O=Test, CN=CA, CN=shard')] },
    subject: relative,
    ...bad('crl-unsupported-extension'),
  },
  {
    name: 'of the CRL issuer’s name, for a point without one',
    scope: { directoryNames: [lister.name] },
    subject: pointless,
    crl: listed(pointless),
    ...revoked,
  },
  {
    name: 'of the certificate’s issuer’s name, for a point without one',
    scope: { directoryNames: [ca.name] },
    subject: pointless,
    ...bad('crl-unsupported-extension'),
    openssl: ['good', 'RFC 5280 6.3.3 (b)(2)(i): the cRLIssuer is the name then'],
  },
  {
    name: 'with a critical unknown extension beside another entry’s issuer',
    crl: {
      entries: [{ serial: 1, extensions: [certificateIssuer(third.name), unknownExtension(true)] }],
    },
    ...bad('crl-unsupported-extension'),
  },
];

const indirect = (
  scope: IssuingDistributionPointParts | null = { uris: [url] },
  options: CrlOptions = {},
): CrlOptions => ({
  ...options,
  extensions: [
    ...(scope ? [issuingDistributionPoint({ ...scope, indirectCRL: true })] : []),
    ...(options.extensions ?? []),
  ],
});
const crlOf = ({ signer = lister, scope, crl }: Case): Buffer => signer.crl(indirect(scope, crl));

const subjectOf = ({ der }: Identity) => {
  const certificate = parseCertificate(der);
  return { serial: certificate.serial, issuer: certificate.issuer, certificate };
};
const judge = (
  crl: Buffer,
  subjects: readonly Identity[],
  { issuers = [lister], delta }: { issuers?: readonly Identity[]; delta?: Buffer } = {},
): CrlVerdict => {
  const wanted = subjects.map((subject) => subjectOf(subject).serial);
  return judgeCrl(readCrl(crl, { wanted }), {
    issuers: issuers.map(({ der }) => parseCertificate(der)),
    at: testTime,
    url,
    subjects: subjects.map(subjectOf),
    ...(delta && { delta: readCrl(delta, { wanted }) }),
  });
};
const statuses = ({ subjects }: CrlVerdict) => subjects.map(({ status }) => status.status);

const oracleMissing = await lacking('openssl');

describe('an indirect CRL', () => {
  for (const testCase of cases) {
    const { name, subject = leaf, issuers, codes, status } = testCase;
    it(name, () => {
      const verdict = judge(crlOf(testCase), [subject], { ...(issuers && { issuers }) });
      assert.deepEqual(
        verdict.problems.map(({ code }) => code),
        codes,
      );
      assert.deepEqual(statuses(verdict), [status]);
    });
    it(`${name}: OpenSSL`, { skip: oracleMissing }, async () => {
      const said = await opensslCrlCheck({
        leaf: subject,
        issuers: [ca, ...(issuers ?? [lister])],
        crls: [crlOf(testCase)],
        at: testTime,
        extended: true,
      });
      const agrees = status === 'unknown' ? said !== 'good' && said !== 'revoked' : said === status;
      assert.ok(agrees || said === testCase.openssl?.[0], said);
    });
  }

  it('names the issuer across pieces and across entries without extensions', () => {
    const plain = Array.from({ length: 50 }, (_, serial) => ({ serial: 1000 + serial }));
    const entries = [{ serial: 1, ...from(ca) }, ...plain, { serial: leaf.serial }, ...plain];
    const crl = lister.crl(indirect(undefined, { entries }));
    const wanted = [subjectOf(leaf).serial];
    const whole = readCrl(crl, { wanted }).hits;
    assert.equal(whole[0]?.certificateIssuer?.length, 1);
    for (const size of [1, 7, 100, 1000])
      assert.deepEqual(readPieces(piecesOf(crl, size), { wanted }).hits, whole);
  });

  it('has its lists of issuers read once, however many entries share one', () => {
    const entries = [{ serial: 7, ...from(ca) }, { serial: 7 }, { serial: 7, ...from(ca) }];
    const { hits } = readCrl(lister.crl(indirect(undefined, { entries })), {
      wanted: [Buffer.of(7)],
    });
    const [first, second, third] = hits.map(({ certificateIssuer: names }) => names);
    assert.equal(first, second);
    assert.deepEqual(second, third);
    assert.notEqual(second, third);
  });

  it('tells certificates of one serial number by their issuers', () => {
    const point = crlDistributionPoints({ uris: [url], crlIssuer: lister.name });
    const elsewhere = makeCa({ name: 'CN=Elsewhere' });
    const twins = [ca, elsewhere].map((issuer) =>
      issuer.issue({ name: 'twin', serial: 77, extensions: [point] }),
    );
    const entries = [{ serial: 77, ...from(elsewhere) }];
    const verdict = judge(lister.crl(indirect(undefined, { entries })), twins);
    assert.deepEqual(statuses(verdict), ['good', 'revoked']);
  });

  it('has delta CRLs, whose entries name issuers too', () => {
    const complete = lister.crl(indirect(undefined, listed(leaf, 6)));
    const change = (options: CrlOptions): Buffer =>
      lister.crl(
        indirect(undefined, { ...options, number: 8, extensions: [deltaCrlIndicator(7)] }),
      );
    const back = change(listed(leaf, 8));
    const another = change({ entries: [{ serial: leaf.serial, reason: 8, ...from(third) }] });
    assert.deepEqual(statuses(judge(complete, [leaf], { delta: back })), ['good']);
    assert.deepEqual(statuses(judge(complete, [leaf], { delta: another })), ['revoked']);
  });
});
