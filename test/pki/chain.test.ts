import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { fingerprint256, parseCertificate } from '../../checks/pki/certificate.ts';
import { buildPaths } from '../../checks/pki/chain.ts';
import { oids } from '../../checks/pki/oids.ts';
import type { PathPurpose, PathReason } from '../../checks/pki/path-problem.ts';
import type { GapCode } from '../../checks/types.ts';
import { opensslMissing, opensslVerify } from '../helpers/chain-oracle.ts';
import {
  boolean,
  context,
  integer,
  nullValue,
  oid,
  sequence,
  setOf,
  tlv,
} from '../helpers/der-writer.ts';
import { type Identity, flippedLastByte, makeCa, testTime } from '../helpers/private-ca.ts';
import { generateKey } from '../helpers/signing.ts';
import {
  authorityInfoAccess,
  authorityKeyIdentifier,
  basicConstraints,
  crlDistributionPoints,
  dnsName,
  extKeyUsage,
  extension,
  keyUsage,
  nameConstraints,
  nameOf,
  subjectAltName,
  subjectKeyIdentifier,
  unknownExtension,
  uriName,
} from '../helpers/x509-writer.ts';

interface Made {
  leaf: Identity;
  intermediates?: readonly Identity[];
  anchors: readonly Identity[];
  purpose?: PathPurpose;
}

interface ChainCase {
  name: string;
  make: () => Made;
  /** None: trusted. */
  reasons?: readonly PathReason[];
  codes?: readonly GapCode[];
  /** Why OpenSSL does not agree, where it does not. */
  differs?: string;
}

const root = makeCa({ name: 'C=XX, O=Test, CN=Root' });
const otherRoot = makeCa({ name: 'C=XX, O=Test, CN=Other Root' });
const ca = root.issue({ name: 'O=Test, CN=Issuing CA', ca: true });
const names = subjectAltName(dnsName('mx.example.com'));
const serverAuth = extKeyUsage([oids.serverAuth]);
const leafOf = (issuer: Identity, ...extensions: Uint8Array[]): Identity =>
  issuer.issue({ name: 'CN=mx.example.com', extensions: [names, ...extensions] });
const leaf = leafOf(ca, serverAuth);
const before = new Date('2019-01-01T00:00:00Z');
const ended = new Date('2021-01-01T00:00:00Z');
const later = new Date('2030-01-01T00:00:00Z');

const meaning = (authority: Uint8Array): Made => ({
  leaf: ca.issue({ name: 'CN=mx.example.com', onlyExtensions: [names, authority] }),
  intermediates: [ca],
  anchors: [root],
});

/** What OpenSSL reads of every certificate: an INTEGER stands where none may. */
const unreadable: readonly (readonly [name: string, id: string])[] = [
  ['subjectAltName that cannot be read', oids.subjectAltName],
  ['subjectKeyIdentifier that cannot be read', oids.subjectKeyIdentifier],
  ['authorityKeyIdentifier that cannot be read', oids.authorityKeyIdentifier],
  ['distribution points that cannot be read', oids.crlDistributionPoints],
  ['name constraints that cannot be read', oids.nameConstraints],
  ['keyUsage that cannot be read', oids.keyUsage],
  ['extendedKeyUsage that cannot be read', oids.extKeyUsage],
  ['basicConstraints that cannot be read', oids.basicConstraints],
];

/** root → A (limit) → B → C … */
const line = (limits: readonly (number | undefined)[], top = root): Identity[] => {
  const cas: Identity[] = [];
  limits.forEach((pathLength, index) => {
    const issuer = cas.at(-1) ?? top;
    const limit = pathLength === undefined ? {} : { pathLength };
    cas.push(issuer.issue({ name: `CN=CA ${index}`, ca: true, ...limit }));
  });
  return cas;
};
const under = (cas: readonly Identity[]): Made => ({
  leaf: leafOf(cas.at(-1) ?? root, serverAuth),
  intermediates: cas,
  anchors: [root],
});

const cases: readonly ChainCase[] = [
  // ------------------------------------------------------------ building
  { name: 'root, CA, leaf', make: () => ({ leaf, intermediates: [ca], anchors: [root] }) },
  { name: 'issued by the root itself', make: () => ({ leaf: leafOf(root), anchors: [root] }) },
  {
    name: 'sent in any order, with strangers and the root between',
    make: () => {
      const [a, b] = line([undefined, undefined]) as [Identity, Identity];
      return {
        leaf: leafOf(b),
        intermediates: [otherRoot, a, root, ca, b],
        anchors: [otherRoot, root],
      };
    },
  },
  {
    name: 'intermediate not sent',
    make: () => ({ leaf, anchors: [root] }),
    reasons: ['issuer-missing'],
    codes: ['chain-incomplete'],
  },
  {
    name: 'root not trusted and not sent',
    make: () => ({ leaf, intermediates: [ca], anchors: [otherRoot] }),
    reasons: ['issuer-missing'],
    codes: ['chain-incomplete'],
  },
  {
    name: 'root sent and not trusted',
    make: () => ({ leaf, intermediates: [ca, root], anchors: [otherRoot] }),
    reasons: ['untrusted-root'],
    codes: ['chain-untrusted'],
  },
  {
    name: 'lone self-signed leaf',
    make: () => ({
      leaf: makeCa({ name: 'CN=mx.example.com', ca: false, extensions: [names] }),
      anchors: [root],
    }),
    reasons: ['self-signed'],
    codes: ['chain-untrusted'],
  },
  {
    name: 'self-signed leaf that is itself trusted',
    make: () => {
      const own = makeCa({ name: 'CN=mx.example.com', ca: false, extensions: [names] });
      return { leaf: own, anchors: [own] };
    },
  },
  {
    name: 'self-issued, by a key that was not sent',
    make: () => {
      const own = makeCa({ name: 'CN=mx.example.com' });
      return { leaf: own.issue({ name: own.name, extensions: [names] }), anchors: [root] };
    },
    reasons: ['issuer-missing'],
    codes: ['chain-incomplete'],
  },
  {
    name: 'signed by its own key, under a name that is another’s',
    make: () => {
      const other = makeCa({ name: 'CN=Other' });
      return { leaf: other.issue({ name: 'CN=mx.example.com', key: other }), anchors: [root] };
    },
    reasons: ['issuer-missing'],
  },
  {
    name: 'expired intermediate whose issuer was not sent',
    make: () => {
      const upper = makeCa({ name: 'CN=Not sent' });
      const old = upper.issue({ name: 'CN=Old CA', ca: true, notBefore: before, notAfter: ended });
      return { leaf: leafOf(old), intermediates: [old], anchors: [root] };
    },
    reasons: ['issuer-missing', 'expired'],
  },
  {
    name: 'one key under two names',
    make: () => {
      const upper = root.issue({ name: 'CN=Upper', ca: true });
      const lower = upper.issue({ name: 'CN=Lower', ca: true, key: upper });
      return { leaf: leafOf(lower), intermediates: [upper, lower], anchors: [root] };
    },
  },
  {
    name: 'issuer of the same name with another key',
    make: () => ({
      leaf,
      intermediates: [root.issue({ name: 'O=Test, CN=Issuing CA', ca: true })],
      anchors: [root],
    }),
    reasons: ['issuer-missing'],
    codes: ['chain-incomplete'],
  },
  {
    name: 'root of the same name with another key',
    make: () => ({
      leaf,
      intermediates: [ca],
      anchors: [makeCa({ name: 'C=XX, O=Test, CN=Root' })],
    }),
    reasons: ['issuer-missing'],
  },
  {
    name: 'signature on the leaf altered',
    make: () => ({
      leaf: ca.issue({ name: 'CN=mx.example.com', signature: flippedLastByte }),
      intermediates: [ca],
      anchors: [root],
    }),
    reasons: ['issuer-missing'],
  },
  {
    name: 'authorityKeyIdentifier of another key',
    make: () => meaning(authorityKeyIdentifier(otherRoot.keyIdentifier)),
    reasons: ['key-identifier'],
    codes: ['chain-untrusted'],
  },
  {
    name: 'authorityKeyIdentifier of another key, under a CA whose issuer was not sent',
    make: () => ({ ...meaning(authorityKeyIdentifier(otherRoot.keyIdentifier)), anchors: [] }),
    reasons: ['issuer-missing', 'key-identifier'],
  },
  {
    name: 'authorityKeyIdentifier that means nobody',
    make: () => meaning(extension(oids.authorityKeyIdentifier, sequence())),
  },
  {
    name: 'authorityKeyIdentifier with the issuer’s own issuer and serial number',
    make: () =>
      meaning(
        authorityKeyIdentifier(ca.keyIdentifier, {
          issuer: nameOf('C=xx, O=test, CN=root'),
          serial: ca.serial,
        }),
      ),
  },
  {
    name: 'authorityKeyIdentifier with the serial number of the issuer’s former certificate',
    make: () => {
      const { serial } = root.issue({ name: ca.name, key: ca, ca: true });
      return meaning(authorityKeyIdentifier(ca.keyIdentifier, { issuer: root.name, serial }));
    },
    reasons: ['key-identifier'],
  },
  {
    name: 'authorityKeyIdentifier with another issuer of the issuer',
    make: () =>
      meaning(
        authorityKeyIdentifier(ca.keyIdentifier, { issuer: otherRoot.name, serial: ca.serial }),
      ),
    reasons: ['key-identifier'],
  },
  {
    name: 'authorityKeyIdentifier with the serial number of the second of two certificates of the issuer',
    make: () => {
      const { serial } = ca;
      const own = authorityKeyIdentifier(ca.keyIdentifier, { issuer: root.name, serial });
      const former = root.issue({ name: ca.name, key: ca, ca: true });
      return { ...meaning(own), intermediates: [former, ca] };
    },
  },
  {
    name: 'authorityKeyIdentifier of another key in the root itself',
    make: () => {
      const odd = makeCa({
        name: 'CN=Odd Root',
        onlyExtensions: [
          basicConstraints(true),
          subjectKeyIdentifier(root.keyIdentifier),
          authorityKeyIdentifier(ca.keyIdentifier),
        ],
      });
      return {
        leaf: odd.issue({ name: 'CN=mx.example.com', onlyExtensions: [names] }),
        anchors: [odd],
      };
    },
    reasons: ['key-identifier'],
  },
  {
    name: 'right key identifier chosen among CAs of one name',
    make: () => ({
      leaf,
      intermediates: [
        ...Array.from({ length: 20 }, () =>
          root.issue({ name: 'O=Test, CN=Issuing CA', ca: true }),
        ),
        ca,
      ],
      anchors: [root],
    }),
  },
  {
    name: 'issuer written otherwise: case, white space and string type',
    make: () => {
      const upper = root.issue({ name: nameOf('O=Test, CN=Issuing   ca'), key: ca, ca: true });
      const string = (kind: 0x0c | 0x13, id: string, text: string) =>
        setOf(sequence(oid(id), tlv(kind, Buffer.from(text))));
      const issuer = sequence(
        string(0x13, '2.5.4.10', 'TEST'),
        string(0x0c, '2.5.4.3', ' issuing CA '),
      );
      const rewrite = () => ({ issuer });
      return {
        leaf: upper.issue({ name: 'CN=mx.example.com', rewrite }),
        intermediates: [upper],
        anchors: [root],
      };
    },
  },
  // ------------------------------------------------------------ cross-certificates
  {
    name: 'cross-certificate: only the second root is trusted',
    make: () => ({
      leaf,
      intermediates: [ca, otherRoot.issue({ name: ca.name, key: ca, ca: true })],
      anchors: [otherRoot],
    }),
    differs: 'OpenSSL follows the first issuer that it meets and tries no other',
  },
  {
    name: 'cross-certificate of a root, while its own certificate is trusted',
    make: () => ({
      leaf,
      intermediates: [ca, otherRoot.issue({ name: root.name, key: root, ca: true })],
      anchors: [root],
    }),
  },
  {
    name: 'one of two paths expired',
    make: () => ({
      leaf,
      intermediates: [
        root.issue({ name: ca.name, key: ca, ca: true, notAfter: ended }),
        otherRoot.issue({ name: ca.name, key: ca, ca: true }),
      ],
      anchors: [root, otherRoot],
    }),
  },
  {
    name: 'first of two paths not allowed to issue, both valid now',
    make: () => ({
      leaf,
      intermediates: [
        root.issue({ name: ca.name, key: ca, ca: true, extensions: [unknownExtension(true)] }),
        otherRoot.issue({ name: ca.name, key: ca, ca: true }),
      ],
      anchors: [root, otherRoot],
    }),
    differs: 'OpenSSL validates the first path that it builds and tries no other',
  },
  {
    name: 'a path with two faults to a root is told before one that ends nowhere',
    make: () => {
      const stranger = makeCa({ name: 'CN=Stranger' });
      const mail = extKeyUsage([oids.emailProtection]);
      const faulty = { notBefore: before, notAfter: ended, extensions: [mail] };
      return {
        leaf,
        intermediates: [
          stranger.issue({ name: ca.name, key: ca, ca: true }),
          root.issue({ name: ca.name, key: ca, ca: true, ...faulty }),
        ],
        anchors: [root],
      };
    },
    reasons: ['expired', 'purpose'],
  },
  {
    name: 'root rolled over: a leaf of the new key, of which the old one made a certificate',
    make: () => {
      const renewed = makeCa({ name: root.name });
      const newWithOld = root.issue({ name: root.name, key: renewed, ca: true });
      return { leaf: leafOf(renewed), intermediates: [renewed, newWithOld], anchors: [root] };
    },
    differs: 'OpenSSL follows the first issuer that it meets and tries no other',
  },
  {
    name: 'root rolled over: a leaf of the old key, of which the new one made a certificate',
    make: () => {
      const renewed = makeCa({ name: root.name });
      const oldWithNew = renewed.issue({ name: root.name, key: root, ca: true });
      return { leaf: leafOf(root), intermediates: [root, oldWithNew], anchors: [renewed] };
    },
    differs: 'OpenSSL follows the first issuer that it meets and tries no other',
  },
  {
    name: 'two CAs that certify each other, and a way out behind both',
    make: () => {
      const [a, b] = [generateKey('p256'), generateKey('p256')];
      const selfA = makeCa({ name: 'CN=Loop A', key: a });
      const selfB = makeCa({ name: 'CN=Loop B', key: b });
      const aByB = selfB.issue({ name: 'CN=Loop A', key: a, ca: true });
      const bByA = selfA.issue({ name: 'CN=Loop B', key: b, ca: true });
      const out = root.issue({ name: 'CN=Loop B', key: b, ca: true });
      return { leaf: leafOf(selfA), intermediates: [bByA, aByB, out], anchors: [root] };
    },
    differs: 'OpenSSL follows the first issuer that it meets and tries no other',
  },
  {
    name: 'two CAs that certify each other, and no way out',
    make: () => {
      const [a, b] = [generateKey('p256'), generateKey('p256')];
      const selfA = makeCa({ name: 'CN=Loop A', key: a });
      const selfB = makeCa({ name: 'CN=Loop B', key: b });
      const aByB = selfB.issue({ name: 'CN=Loop A', key: a, ca: true });
      const bByA = selfA.issue({ name: 'CN=Loop B', key: b, ca: true });
      return { leaf: leafOf(selfA), intermediates: [aByB, bByA], anchors: [root] };
    },
    reasons: ['issuer-missing'],
  },
  // ------------------------------------------------------------ time
  {
    name: 'leaf expired',
    make: () => ({
      leaf: ca.issue({ name: 'CN=mx.example.com', notBefore: before, notAfter: ended }),
      intermediates: [ca],
      anchors: [root],
    }),
    reasons: ['expired'],
    codes: ['certificate-expired'],
  },
  {
    name: 'leaf not yet valid',
    make: () => ({
      leaf: ca.issue({ name: 'CN=mx.example.com', notBefore: later }),
      intermediates: [ca],
      anchors: [root],
    }),
    reasons: ['not-yet-valid'],
    codes: ['certificate-not-yet-valid'],
  },
  {
    name: 'intermediate expired',
    make: () => {
      const old = root.issue({ name: 'CN=Old CA', ca: true, notBefore: before, notAfter: ended });
      return { leaf: leafOf(old), intermediates: [old], anchors: [root] };
    },
    reasons: ['expired'],
  },
  {
    name: 'root expired',
    make: () => {
      const old = makeCa({ name: 'CN=Old Root', notBefore: before, notAfter: ended });
      return { leaf: leafOf(old), anchors: [old] };
    },
    reasons: ['expired'],
  },
  {
    name: 'valid in its last second',
    make: () => ({
      leaf: ca.issue({ name: 'CN=mx.example.com', notAfter: testTime }),
      intermediates: [ca],
      anchors: [root],
    }),
    differs: 'OpenSSL lets validity end before its last second',
  },
  {
    name: 'valid from its first second',
    make: () => ({
      leaf: ca.issue({ name: 'CN=mx.example.com', notBefore: testTime }),
      intermediates: [ca],
      anchors: [root],
    }),
  },
  // ------------------------------------------------------------ who may issue
  {
    name: 'issued by a leaf',
    make: () => ({ leaf: leafOf(leaf), intermediates: [leaf, ca], anchors: [root] }),
    reasons: ['not-a-ca'],
  },
  {
    name: 'issuer of version 3 without basicConstraints',
    make: () => {
      const bare = root.issue({ name: 'CN=Bare', onlyExtensions: [keyUsage('keyCertSign')] });
      return { leaf: leafOf(bare), intermediates: [bare], anchors: [root] };
    },
    reasons: ['not-a-ca'],
  },
  {
    name: 'intermediate of version 1',
    make: () => {
      const first = root.issue({
        name: 'CN=First',
        onlyExtensions: [],
        rewrite: () => ({ version: Buffer.alloc(0) }),
      });
      return { leaf: leafOf(first), intermediates: [first], anchors: [root] };
    },
    reasons: ['not-a-ca'],
  },
  {
    name: 'root of version 1',
    make: () => {
      const first = makeCa({
        name: 'CN=First',
        onlyExtensions: [],
        rewrite: () => ({ version: Buffer.alloc(0) }),
      });
      return { leaf: leafOf(first), anchors: [first] };
    },
  },
  {
    name: 'root of version 1 that is not trusted',
    make: () => {
      const first = makeCa({
        name: 'CN=First',
        onlyExtensions: [],
        rewrite: () => ({ version: Buffer.alloc(0) }),
      });
      return { leaf: leafOf(first), intermediates: [first], anchors: [root] };
    },
    reasons: ['untrusted-root', 'not-a-ca'],
  },
  {
    name: 'root of version 3 without basicConstraints, with keyCertSign',
    make: () => {
      const bare = makeCa({ name: 'CN=Bare Root', onlyExtensions: [keyUsage('keyCertSign')] });
      return { leaf: leafOf(bare), anchors: [bare] };
    },
  },
  {
    name: 'root of version 3 without basicConstraints and keyUsage',
    make: () => {
      const bare = makeCa({ name: 'CN=Bare Root', onlyExtensions: [] });
      return { leaf: leafOf(bare), anchors: [bare] };
    },
    reasons: ['not-a-ca'],
  },
  {
    name: 'root without keyCertSign',
    make: () => {
      const weak = makeCa({
        name: 'CN=No Signing Root',
        onlyExtensions: [basicConstraints(true), keyUsage('cRLSign')],
      });
      return { leaf: leafOf(weak), anchors: [weak] };
    },
    reasons: ['key-usage'],
  },
  {
    name: 'issuer without a name',
    make: () => {
      const nameless = root.issue({ name: sequence(), ca: true });
      return { leaf: leafOf(nameless), intermediates: [nameless], anchors: [root] };
    },
    reasons: ['not-a-ca'],
    differs: 'OpenSSL asks for a name only where it is told to be strict',
  },
  {
    name: 'issuer without keyCertSign',
    make: () => {
      const weak = root.issue({
        name: 'CN=No Signing',
        onlyExtensions: [basicConstraints(true), keyUsage('cRLSign')],
      });
      return { leaf: leafOf(weak), intermediates: [weak], anchors: [root] };
    },
    reasons: ['key-usage'],
  },
  {
    name: 'issuer without keyUsage at all',
    make: () => {
      const open = root.issue({ name: 'CN=Open', onlyExtensions: [basicConstraints(true)] });
      return { leaf: leafOf(open), intermediates: [open], anchors: [root] };
    },
  },
  // ------------------------------------------------------------ path length
  { name: 'path length 0 above a leaf', make: () => under(line([0])) },
  { name: 'path lengths that grow downwards', make: () => under(line([1, 2])) },
  {
    name: 'path length 0 above a CA',
    make: () => under(line([0, undefined])),
    reasons: ['path-length'],
    codes: ['chain-untrusted'],
  },
  {
    name: 'path length 0 in the middle',
    make: () => under(line([1, 0, 0])),
    reasons: ['path-length', 'path-length'],
  },
  {
    name: 'path length of the root',
    make: () => {
      const top = makeCa({ name: 'CN=Short Root', pathLength: 0 });
      const made = under(line([undefined], top));
      return { ...made, anchors: [top] };
    },
    reasons: ['path-length'],
  },
  {
    name: 'self-issued certificates do not count',
    make: () => {
      const first = root.issue({ name: 'CN=Rollover', ca: true, pathLength: 0 });
      const second = first.issue({ name: 'CN=Rollover', ca: true, pathLength: 0 });
      return { leaf: leafOf(second), intermediates: [first, second], anchors: [root] };
    },
  },
  {
    name: 'a CA under path length 0 as the one that is asked about',
    make: () => {
      const [upper, lower] = line([0, undefined]) as [Identity, Identity];
      return { leaf: lower, intermediates: [upper], anchors: [root], purpose: 'ca' };
    },
    reasons: ['path-length'],
  },
  {
    name: 'ten certificates in line',
    make: () => under(line(Array<undefined>(8).fill(undefined))),
  },
  {
    name: 'eleven certificates in line',
    make: () => under(line(Array<undefined>(9).fill(undefined))),
    reasons: ['too-long'],
    differs: 'OpenSSL stops at a hundred',
  },
  {
    name: 'eleven certificates in line, and an issuer that is not meant',
    make: () => {
      const cas = line(Array<undefined>(9).fill(undefined));
      const own = authorityKeyIdentifier(otherRoot.keyIdentifier);
      const end = cas.at(-1)?.issue({ name: 'CN=mx.example.com', onlyExtensions: [own] });
      return { leaf: end ?? leaf, intermediates: cas, anchors: [root] };
    },
    reasons: ['too-long', 'key-identifier'],
  },
  // ------------------------------------------------------------ extensions
  {
    name: 'unknown critical extension in the leaf',
    make: () => ({
      leaf: leafOf(ca, unknownExtension(true)),
      intermediates: [ca],
      anchors: [root],
    }),
    reasons: ['critical-extension'],
  },
  {
    name: 'unknown extension that is not critical',
    make: () => ({
      leaf: leafOf(ca, unknownExtension(false)),
      intermediates: [ca],
      anchors: [root],
    }),
  },
  {
    name: 'unknown critical extension in the intermediate',
    make: () => {
      const odd = root.issue({ name: 'CN=Odd', ca: true, extensions: [unknownExtension(true)] });
      return { leaf: leafOf(odd), intermediates: [odd], anchors: [root] };
    },
    reasons: ['critical-extension'],
  },
  {
    name: 'critical certificatePolicies',
    make: () => {
      const policies = sequence(sequence(oid('2.23.140.1.2.2')));
      const own = leafOf(ca, extension(oids.certificatePolicies, policies, true));
      return { leaf: own, intermediates: [ca], anchors: [root] };
    },
  },
  {
    name: 'critical extendedKeyUsage, subjectAltName and distribution points',
    make: () => {
      const point = context(0, context(0, uriName('http://crl.example.com/a.crl')));
      const own = ca.issue({
        name: sequence(),
        extensions: [
          extKeyUsage([oids.serverAuth], true),
          extension(oids.subjectAltName, sequence(dnsName('mx.example.com')), true),
          extension(oids.crlDistributionPoints, sequence(sequence(point)), true),
        ],
      });
      return { leaf: own, intermediates: [ca], anchors: [root] };
    },
  },
  {
    name: 'precertificate poison',
    make: () => ({
      leaf: leafOf(ca, extension(oids.precertificatePoison, nullValue(), true)),
      intermediates: [ca],
      anchors: [root],
    }),
    reasons: ['precertificate'],
  },
  ...unreadable.map(([name, id]): ChainCase => ({
    name: `leaf with ${name}`,
    make: () => ({
      leaf: ca.issue({ name: 'CN=mx.example.com', onlyExtensions: [extension(id, integer(1))] }),
      intermediates: [ca],
      anchors: [root],
    }),
    reasons: ['malformed-extension'],
  })),
  {
    name: 'CA with a subjectAltName that nobody needs and that cannot be read',
    make: () => {
      const garbled = extension(oids.subjectAltName, integer(1));
      const odd = root.issue({ name: 'CN=Garbled', ca: true, extensions: [garbled] });
      return { leaf: leafOf(odd), intermediates: [odd], anchors: [root] };
    },
    reasons: ['malformed-extension'],
  },
  {
    name: 'names that cannot be read, under constraints: the leaf is to blame, once',
    make: () => {
      const only = nameConstraints({ permitted: [dnsName('example.com')] });
      const upper = root.issue({ name: 'CN=Constrained', ca: true, extensions: [only] });
      const garbled = extension(oids.subjectAltName, integer(1));
      return {
        leaf: upper.issue({ name: 'CN=mx.example.com', extensions: [garbled] }),
        intermediates: [upper],
        anchors: [root],
      };
    },
    reasons: ['malformed-extension'],
  },
  {
    name: 'cA FALSE written out',
    make: () => {
      const written = extension(oids.basicConstraints, sequence(boolean(false)), true);
      return {
        leaf: ca.issue({ name: 'CN=mx.example.com', onlyExtensions: [names, written] }),
        intermediates: [ca],
        anchors: [root],
      };
    },
  },
  {
    name: 'cA TRUE written as 01',
    make: () => {
      const value = sequence(tlv(0x01, Buffer.of(1)));
      const odd = root.issue({
        name: 'CN=Byte',
        onlyExtensions: [extension(oids.basicConstraints, value, true)],
      });
      return {
        leaf: odd.issue({ name: 'CN=mx.example.com', extensions: [names] }),
        intermediates: [odd],
        anchors: [root],
      };
    },
  },
  {
    name: 'negative path length',
    make: () => {
      const value = sequence(boolean(true), integer(-1));
      const odd = root.issue({
        name: 'CN=Negative',
        onlyExtensions: [extension(oids.basicConstraints, value, true)],
      });
      return { leaf: leafOf(odd), intermediates: [odd], anchors: [root] };
    },
    reasons: ['malformed-extension'],
  },
  {
    name: 'authorityInfoAccess and distribution points in the leaf',
    make: () => ({
      leaf: leafOf(ca, crlDistributionPoints({ uris: ['http://crl.example.com/a.crl'] })),
      intermediates: [ca],
      anchors: [root],
    }),
  },
  // ------------------------------------------------------------ purpose
  {
    name: 'leaf for clients only',
    make: () => ({
      leaf: leafOf(ca, extKeyUsage([oids.clientAuth])),
      intermediates: [ca],
      anchors: [root],
    }),
    reasons: ['purpose'],
  },
  {
    name: 'leaf for any purpose: it does not name serverAuth',
    make: () => ({
      leaf: leafOf(ca, extKeyUsage([oids.anyExtendedKeyUsage])),
      intermediates: [ca],
      anchors: [root],
    }),
    reasons: ['purpose'],
  },
  {
    name: 'CA for e-mail only',
    make: () => {
      const mail = root.issue({
        name: 'CN=Mail CA',
        ca: true,
        extensions: [extKeyUsage([oids.emailProtection])],
      });
      return { leaf: leafOf(mail, serverAuth), intermediates: [mail], anchors: [root] };
    },
    reasons: ['purpose'],
  },
  {
    name: 'CA for any purpose',
    make: () => {
      const any = root.issue({
        name: 'CN=Any CA',
        ca: true,
        extensions: [extKeyUsage([oids.anyExtendedKeyUsage])],
      });
      return { leaf: leafOf(any, serverAuth), intermediates: [any], anchors: [root] };
    },
    differs: 'OpenSSL does not count anyExtendedKeyUsage in a CA; RFC 5280 4.2.1.12 does',
  },
  ...(['digitalSignature', 'keyEncipherment', 'keyAgreement'] as const).map((usage): ChainCase => ({
    name: `leaf whose key has the usage ${usage} alone`,
    make: () => ({
      leaf: ca.issue({ name: 'CN=mx.example.com', onlyExtensions: [names, keyUsage(usage)] }),
      intermediates: [ca],
      anchors: [root],
    }),
  })),
  {
    name: 'leaf whose key may only sign CRLs',
    make: () => ({
      leaf: ca.issue({ name: 'CN=mx.example.com', onlyExtensions: [names, keyUsage('cRLSign')] }),
      intermediates: [ca],
      anchors: [root],
    }),
    reasons: ['key-usage'],
  },
  {
    name: 'a leaf asked about as a CA',
    make: () => ({ leaf: leafOf(ca), intermediates: [ca], anchors: [root], purpose: 'ca' }),
    reasons: ['not-a-ca'],
    differs: 'OpenSSL is asked about a server',
  },
  // ------------------------------------------------------------ algorithms
  {
    name: 'leaf whose elliptic curve is spelled out',
    make: () => {
      const key = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' });
      return {
        leaf: ca.issue({ name: 'CN=mx.example.com', key, extensions: [names] }),
        intermediates: [ca],
        anchors: [root],
      };
    },
    reasons: ['unusable-key'],
  },
  {
    name: 'MD5 signature',
    make: () => {
      const rsa = makeCa({ name: 'CN=RSA Root', key: 'rsa' });
      return { leaf: rsa.issue({ name: 'CN=mx.example.com', hash: 'md5' }), anchors: [rsa] };
    },
    reasons: ['signature-algorithm'],
    differs: 'openssl verify does so at security level 0',
  },
  {
    name: 'SHA-1 signature',
    make: () => ({
      leaf: ca.issue({ name: 'CN=mx.example.com', hash: 'sha1', extensions: [names] }),
      intermediates: [ca],
      anchors: [root],
    }),
    reasons: ['sha1-signature'],
    codes: ['chain-untrusted'],
    differs: 'openssl verify does so at security level 0, TLS clients are at 1 or 2',
  },
  {
    name: 'SHA-1 signature, and no issuer',
    make: () => ({ leaf: ca.issue({ name: 'CN=mx.example.com', hash: 'sha1' }), anchors: [root] }),
    reasons: ['issuer-missing', 'sha1-signature'],
  },
  {
    name: 'SHA-1 signature on a self-issued certificate below the root',
    make: () => {
      const renewed = root.issue({ name: root.name, ca: true, hash: 'sha1' });
      return { leaf: leafOf(renewed), intermediates: [renewed], anchors: [root] };
    },
    reasons: ['sha1-signature'],
    differs: 'openssl verify does so at security level 0',
  },
  {
    name: 'SHA-1 signature on a trusted certificate that is no root',
    make: () => {
      const trusted = root.issue({ name: 'CN=Trusted', ca: true, hash: 'sha1' });
      return { leaf: leafOf(trusted), anchors: [trusted] };
    },
    differs: 'OpenSSL wants a root unless it is told otherwise',
  },
  {
    name: 'SHA-1 signature on the first of two certificates of the issuer',
    make: () => {
      const old = root.issue({ name: ca.name, key: ca, ca: true, hash: 'sha1' });
      return { leaf, intermediates: [old, ca], anchors: [root] };
    },
  },
  {
    name: 'signature algorithm with parameters that it does not have',
    make: () => {
      const algorithm = sequence(oid('1.2.840.10045.4.3.2'), nullValue());
      const odd = ca.issue({
        name: 'CN=mx.example.com',
        rewrite: () => ({ algorithm }),
        outerAlgorithm: algorithm,
      });
      return { leaf: odd, intermediates: [ca], anchors: [root] };
    },
    reasons: ['signature-algorithm'],
    differs: 'OpenSSL ignores the parameters of ECDSA',
  },
  {
    name: 'RSASSA-PSS, ECDSA P-384 and Ed25519 in one line',
    make: () => {
      const top = makeCa({ name: 'CN=PSS Root', key: 'rsa', pss: true });
      const middle = top.issue({ name: 'CN=P-384', key: 'p384', ca: true, pss: true });
      const low = middle.issue({ name: 'CN=Ed25519', key: 'ed25519', ca: true });
      return { leaf: leafOf(low), intermediates: [low, middle], anchors: [top] };
    },
  },
];

const parse = ({ der }: Identity) => parseCertificate(der);

const chainOf = ({ leaf: end, intermediates = [], anchors, purpose }: Made) =>
  buildPaths(parse(end), {
    intermediates: intermediates.map(parse),
    anchors: anchors.map(parse),
    at: testTime,
    ...(purpose && { purpose }),
  });

describe('certification paths', () => {
  for (const { name, make, reasons = [], codes, differs } of cases)
    it(name, async () => {
      const made = make();
      const chain = chainOf(made);
      assert.deepEqual(
        chain.path.problems.map(({ reason }) => reason),
        reasons,
      );
      assert.equal(chain.trusted, reasons.length === 0);
      if (codes)
        assert.deepEqual(
          chain.path.problems.map(({ code }) => code),
          codes,
        );
      if (opensslMissing) return;
      const verdict = await opensslVerify({
        leaf: made.leaf.der,
        intermediates: (made.intermediates ?? []).map(({ der }) => der),
        anchors: made.anchors.map(({ der }) => der),
        at: testTime,
      });
      assert.equal((verdict === 'ok') === chain.trusted, differs === undefined, verdict);
    });
});

describe('what a path tells', () => {
  it('names the critical extensions that are not known', () => {
    const { path } = chainOf({
      leaf: leafOf(ca, unknownExtension(true)),
      intermediates: [ca],
      anchors: [root],
    });
    assert.deepEqual(path.problems[0]?.evidence['extensions'], ['1.3.6.1.4.1.99999.1']);
  });

  it('names its certificates from the leaf to the anchor', () => {
    const { path } = chainOf({ leaf, intermediates: [otherRoot, ca], anchors: [root] });
    assert.deepEqual(
      path.certificates.map(({ raw }) => raw),
      [leaf.der, ca.der, root.der],
    );
    assert.equal(path.anchored, true);
  });

  it('refuses SHA-1 below the root, and not of the root itself, trusted or not', () => {
    const top = makeCa({ name: 'CN=SHA-1 Root', key: 'rsa', hash: 'sha1' });
    const old = top.issue({ name: 'CN=mx.example.com', hash: 'sha1', extensions: [names] });
    const told = (anchor: Identity) => {
      const { path } = chainOf({ leaf: old, intermediates: [top], anchors: [anchor] });
      const weak = path.problems.filter(({ reason }) => reason === 'sha1-signature');
      assert.deepEqual(
        weak.map(({ certificate }) => certificate.raw),
        [old.der],
      );
      return path.problems.map(({ reason }) => reason);
    };
    assert.deepEqual(told(top), ['sha1-signature']);
    assert.deepEqual(told(root), ['untrusted-root', 'sha1-signature']);
  });

  it('tells all problems of the path that came nearest', () => {
    const old = root.issue({ name: 'CN=Old CA', ca: true, notBefore: before, notAfter: ended });
    const end = old.issue({
      name: 'CN=mx.example.com',
      notAfter: ended,
      notBefore: before,
      extensions: [extKeyUsage([oids.clientAuth])],
    });
    const chain = chainOf({ leaf: end, intermediates: [old, ca], anchors: [otherRoot, root] });
    assert.deepEqual(
      chain.path.problems.map(({ reason }) => reason),
      ['expired', 'purpose', 'expired'],
    );
  });

  it('tells the longest of the paths that end nowhere', () => {
    const [upper, stranger] = [makeCa({ name: 'CN=Upper' }), makeCa({ name: 'CN=Stranger' })];
    const long = upper.issue({ name: ca.name, key: ca, ca: true });
    const top = stranger.issue({ name: upper.name, key: upper, ca: true });
    const late = { notBefore: new Date('2022-01-01T00:00:00Z') };
    for (const first of [{}, late]) {
      const short = stranger.issue({ name: ca.name, key: ca, ca: true, ...first });
      const { path } = chainOf({ leaf, intermediates: [long, short, top], anchors: [root] });
      assert.deepEqual(
        path.certificates.map(({ raw }) => raw),
        [leaf.der, long.der, top.der],
      );
      assert.equal(path.anchored, false);
    }
  });

  it('tells the path of fewer problems, whichever comes first', () => {
    const mail = [extKeyUsage([oids.emailProtection])];
    for (const years of [
      [2019, 2018],
      [2018, 2019],
    ]) {
      const [better, worse] = years.map((year, n) =>
        root.issue({
          name: ca.name,
          key: ca,
          ca: true,
          notBefore: new Date(Date.UTC(year, 0)),
          notAfter: ended,
          extensions: n === 0 ? [] : mail,
        }),
      ) as [Identity, Identity];
      const chain = chainOf({ leaf, intermediates: [worse, better], anchors: [root] });
      assert.deepEqual(
        chain.path.problems.map(({ reason }) => reason),
        ['expired'],
      );
    }
  });

  it('counts who bears the name of the missing issuer, if anybody does', () => {
    const evidence = (intermediates: readonly Identity[]) => {
      const { path } = chainOf({ leaf, intermediates, anchors: [root] });
      return path.problems[0]?.evidence ?? {};
    };
    const others = [1, 2].map(() => root.issue({ name: ca.name, ca: true }));
    assert.equal(evidence(others)['rejected'], 2);
    assert.deepEqual(Object.keys(evidence([])), ['reason', 'subject', 'issuer', 'sha256']);
  });

  it('has no anchor where it is too long', () => {
    const { path } = chainOf(under(line(Array<undefined>(9).fill(undefined))));
    assert.equal(path.anchored, false);
  });

  it('says where the missing issuer can be fetched', () => {
    const caIssuers = ['http://ca.example.com/issuing.crt'];
    const end = leafOf(ca, authorityInfoAccess({ caIssuers }));
    const { path } = chainOf({ leaf: end, anchors: [root] });
    assert.deepEqual(path.problems[0]?.evidence['caIssuers'], caIssuers);
    assert.equal(path.problems[0].evidence['sha256'], fingerprint256(end.der));
  });

  it('refuses an RSA key that can be factored', () => {
    const weak = makeCa({ name: 'CN=Weak Root', key: 'rsa' });
    const key = generateKeyPairSync('rsa', { modulusLength: 768 });
    const small = weak.issue({ name: 'CN=mx.example.com', key });
    const chain = chainOf({ leaf: small, anchors: [weak] });
    assert.deepEqual(
      chain.path.problems.map(({ code }) => code),
      ['key-too-weak'],
    );
    assert.equal(chain.path.problems[0]?.evidence['keyBits'], 768);
  });
});

describe('the likeliest issuer is tried first:', () => {
  const likely: readonly (readonly [name: string, make: () => Made])[] = [
    [
      'one that is trusted itself',
      () => {
        const notBefore = new Date('2022-01-01T00:00:00Z');
        const cross = otherRoot.issue({ name: root.name, key: root, ca: true, notBefore });
        return { leaf, intermediates: [cross, ca], anchors: [otherRoot, root] };
      },
    ],
    [
      'one that is valid',
      () => {
        const notBefore = new Date('2022-01-01T00:00:00Z');
        const ends = { notBefore, notAfter: new Date('2023-01-01T00:00:00Z') };
        const old = root.issue({ name: ca.name, key: ca, ca: true, ...ends });
        return { leaf, intermediates: [old, ca], anchors: [root] };
      },
    ],
    [
      'the key that is meant, before one that is trusted',
      () => {
        const namesake = makeCa({ name: ca.name });
        return { leaf, intermediates: [ca], anchors: [namesake, root] };
      },
    ],
    [
      'the latest',
      () => {
        const notBefore = new Date('2022-01-01T00:00:00Z');
        const late = root.issue({ name: ca.name, key: ca, ca: true, notBefore });
        const odd = root.issue({
          name: ca.name,
          key: ca,
          ca: true,
          extensions: [unknownExtension(true)],
        });
        return { leaf, intermediates: [odd, late], anchors: [root] };
      },
    ],
  ];
  for (const [name, make] of likely)
    it(name, () => {
      const chain = chainOf(make());
      assert.equal(chain.path.anchored, true);
      assert.equal(chain.verifications, chain.path.certificates.length - 1);
    });
});

describe('floods', () => {
  const manyPaths = (): Made => {
    // five layers of eight cross-certified CAs each: 8^5 paths, none to an anchor
    const layers = Array.from({ length: 5 }, (_, layer) =>
      Array.from({ length: 8 }, () => makeCa({ name: `CN=Layer ${layer}`, key: 'ed25519' })),
    );
    const intermediates = layers.flatMap((layer, depth) =>
      layer.flatMap((subject) =>
        (layers[depth + 1] ?? []).map((issuer) =>
          issuer.issue({ name: subject.name, key: subject, ca: true }),
        ),
      ),
    );
    return { leaf: leafOf(layers[0]?.[0] ?? root), intermediates, anchors: [root] };
  };

  it('of cross-certificates end after a hundred verifications', () => {
    const made = manyPaths();
    const started = performance.now();
    const chain = chainOf(made);
    assert.equal(chain.trusted, false);
    assert.equal(chain.exhausted, true);
    assert.ok(chain.verifications <= 100);
    assert.equal(chain.path.problems.at(-1)?.reason, 'too-complex');
    assert.ok(performance.now() - started < 30_000);
  });

  const fakes = Array.from({ length: 200 }, () =>
    makeCa({ name: 'O=Test, CN=Issuing CA', key: 'ed25519' }),
  );

  it('of certificates that bear the name of the issuer end after a hundred verifications', () => {
    const chain = chainOf({ leaf, intermediates: fakes, anchors: [root] });
    assert.equal(chain.exhausted, true);
    assert.equal(chain.verifications, 100);
    assert.deepEqual(
      chain.path.problems.map(({ reason }) => reason),
      ['too-complex'],
    );
  });

  it('of paths through few certificates end after sixty-four', () => {
    /** Two certificates at each step, and `more` at the first; each path looks once at the leaf's end. */
    const ladder = (steps: number, more = 0) => {
      const cas = Array.from({ length: steps + 1 }, (_, n) =>
        makeCa({ name: `CN=Step ${n}`, key: 'ed25519' }),
      );
      const intermediates = cas.slice(1).flatMap((issuer, n) => {
        const { name, ...key } = cas[n] ?? root;
        const count = 2 + (n === 0 ? more : 0);
        return Array.from({ length: count }, () => issuer.issue({ name, key, ca: true }));
      });
      let paths = 0;
      const end = parse(leafOf(cas[0] ?? root));
      const { notAfter } = end;
      const counting = Object.defineProperty({ ...end }, 'notAfter', {
        get: () => {
          paths++;
          return notAfter;
        },
      });
      const chain = buildPaths(counting, {
        intermediates: intermediates.map(parse),
        anchors: [parse(root)],
        at: testTime,
      });
      return { chain, paths };
    };
    const whole = ladder(6);
    assert.equal(whole.chain.exhausted, false);
    assert.equal(whole.paths, 64);
    const { chain, paths } = ladder(6, 1);
    assert.equal(chain.exhausted, true);
    assert.equal(paths, 64);
    assert.ok(chain.verifications < 20);
    assert.deepEqual(
      chain.path.problems.map(({ reason }) => reason),
      ['issuer-missing', 'too-complex'],
    );
  });

  it('of copies of one certificate are one certificate', () => {
    const copies = Array<Identity>(100).fill(ca);
    assert.equal(chainOf({ leaf, intermediates: copies, anchors: [otherRoot] }).exhausted, false);
  });

  it('of more certificates than any host sends are cut off', () => {
    const many = [...fakes, ...fakes, ...fakes].map(({ der }) => der);
    const sent = Array.from({ length: 257 }, (_, index) => many[index] ?? Buffer.alloc(0));
    const chain = (intermediates: readonly Uint8Array[]) =>
      buildPaths(parse(leafOf(otherRoot)), {
        intermediates: intermediates.map(parseCertificate),
        anchors: [root].map(parse),
        at: testTime,
      });
    assert.equal(chain(sent.slice(1)).exhausted, false);
    assert.equal(chain(sent).exhausted, true);
    const strangers = Array<Identity>(256).fill(otherRoot);
    assert.equal(
      chainOf({ leaf, intermediates: [...strangers, ca], anchors: [root] }).trusted,
      false,
    );
    const { trusted, path } = chainOf({ leaf, intermediates: [ca, ...strangers], anchors: [root] });
    assert.equal(trusted, true);
    assert.deepEqual(path.problems, []);
  });

  it('of certificates that bear the name of the issuer do not hide it', () => {
    const chain = chainOf({ leaf, intermediates: [...fakes, ca], anchors: [root] });
    assert.equal(chain.trusted, true);
    assert.ok(chain.verifications < 5);
  });
});
