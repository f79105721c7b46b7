import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fingerprint256 } from '../../checks/pki/certificate.ts';
import { oids } from '../../checks/pki/oids.ts';
import type { Finding, GapCode, Profile, TlsSession } from '../../checks/types.ts';
import {
  mailHost,
  names,
  subject,
  root,
  oldRoot,
  thirdRoot,
  strangeRoot,
  caUnder,
  ca,
  leafUnder,
  leaf,
  session,
  storeOf,
  profile,
  ask,
  codes,
  oldCa,
  thirdCa,
  strangeCa,
  type Asked,
} from '../helpers/mail-peer.ts';
import { type Identity, makeCa } from '../helpers/private-ca.ts';
import { dnsName, extKeyUsage, subjectAltName } from '../helpers/x509-writer.ts';

describe('the announced certificate', () => {
  it('is fine, with everything that was seen as evidence', async () => {
    const judgement = await ask(session(leaf, ca));
    assert.deepEqual(judgement.findings, []);
    assert.equal(judgement.unknown, undefined);
    assert.equal(judgement.blockedBy, undefined);
    assert.deepEqual(judgement.evidence, {
      addresses: ['192.0.2.25'],
      address: '192.0.2.25',
      port: 25,
      banner: '220 mail.example.com ESMTP',
      protocol: 'TLSv1.3',
      cipher: 'TLS_AES_256_GCM_SHA384',
      ephemeralKey: 'X25519',
      certificates: 2,
      subject,
      issuer: 'O=New Trust, CN=Issuing CA',
      sha256: fingerprint256(leaf.der),
      notAfter: '2040-01-01T00:00:00.000Z',
      names: ['mail.example.com', '*.mail.example.com'],
      keyBits: 256,
      keyType: 'ec',
      root: 'C=XX, O=New Trust, CN=New Root',
      rootSha256: fingerprint256(root.der),
      chain: [subject, 'O=New Trust, CN=Issuing CA', 'C=XX, O=New Trust, CN=New Root'],
    });
  });

  const fine: readonly [name: string, tls: TlsSession, asked?: Asked][] = [
    ['with its root sent', session(leaf, ca, root)],
    ['in disorder, among strangers', session(leaf, strangeRoot, root, ca)],
    [
      'with a cross-certificate to the old root, which alone is trusted',
      session(leaf, ca, oldRoot.issue({ name: root.name, key: root, ca: true })),
      { stores: [storeOf([oldRoot])] },
    ],
    [
      'of a host that only the wildcard covers',
      session(leafUnder(ca, { extensions: [subjectAltName(dnsName('*.mail.example.com'))] }), ca),
    ],
    ['of a host of another name', session(leaf, ca), { host: 'relay.example.net' }],
    [
      'where any host of a domain is announced, and the host is one',
      session(named(mailHost), ca),
      { profile: announcing('*.mail.example.com') },
    ],
    [
      'where any host of a domain is announced, and the certificate says the same',
      session(named('*.mail.example.com'), ca),
      { profile: announcing('*.mail.example.com') },
    ],
    [
      'of a host whose name is not ASCII, as certificates write it',
      session(named('mx.xn--bcher-kva.example'), ca),
      { host: 'mx.bücher.example', profile: announcing() },
    ],
    ['with an RSA key of 2048 bits', session(leafUnder(ca, { key: 'rsa' }), ca)],
    [
      'over TLS 1.2',
      { ...session(leaf, ca), protocol: 'TLSv1.2', ephemeralKey: 'ECDH prime256v1' },
    ],
    [
      'with a stranger trusted for e-mail only beside it',
      session(leaf, ca),
      { stores: [storeOf([root]), storeOf([], { name: 'b', mail: 'unused' })] },
    ],
  ];
  for (const [name, tls, asked] of fine)
    it(`${name}: no gap`, async () => {
      const judgement = await ask(tls, asked);
      assert.deepEqual(judgement.findings, []);
      assert.equal(judgement.unknown, undefined);
      assert.equal(judgement.blockedBy, undefined);
    });
});

/** A certificate for this name alone, and a profile that announces these alone. */
function named(name: string): Identity {
  return leafUnder(ca, { extensions: [subjectAltName(dnsName(name))] });
}
function announcing(...names: readonly string[]): Profile {
  return { ...profile, peer: { names } };
}

interface FaultCase {
  name: string;
  tls: TlsSession;
  asked?: Asked;
  codes: readonly GapCode[];
  evidence?: Finding['evidence'];
  severity?: Finding['severity'];
}

const expired = new Date('2021-01-01T00:00:00Z');
const weakCa = root.issue({ name: 'CN=Short', ca: true, pathLength: 0 });

const faults: readonly FaultCase[] = [
  // ------------------------------------------------------------ the certificate
  {
    name: 'another domain than any host of the one announced',
    tls: session(named('mail.example.com'), ca),
    asked: { profile: announcing('*.mail.example.com') },
    codes: ['name-mismatch'],
  },
  {
    name: 'another name',
    tls: session(leafUnder(ca, { extensions: [subjectAltName(dnsName('mail.example.net'))] }), ca),
    codes: ['name-mismatch'],
    evidence: { found: ['mail.example.net'], expected: ['mail.example.com', mailHost] },
  },
  {
    name: 'the name in the common name only',
    tls: session(leafUnder(ca, { extensions: [] }), ca),
    codes: ['name-mismatch'],
    evidence: { found: ['mail.example.com'] },
  },
  {
    name: 'the host’s own name, and not the announced one',
    tls: session(leafUnder(ca, { extensions: [subjectAltName(dnsName('relay.example.net'))] }), ca),
    asked: { host: 'relay.example.net' },
    codes: ['name-mismatch'],
  },
  {
    name: 'another organization',
    tls: session(leafUnder(ca, { name: 'O=Contoso, CN=mail.example.com' }), ca),
    codes: ['organization-mismatch'],
    evidence: { expected: 'Example Mail', found: ['Contoso'] },
  },
  {
    name: 'no organization',
    tls: session(leafUnder(ca, { name: 'CN=mail.example.com' }), ca),
    codes: ['organization-mismatch'],
    evidence: { found: 'none' },
  },
  {
    name: 'an RSA key of 1024 bits',
    tls: session(leafUnder(ca, { key: 'rsa1024' }), ca),
    codes: ['key-too-weak'],
    evidence: { keyBits: 1024, expected: 2048 },
  },
  {
    name: 'a certificate that has ended',
    tls: session(leafUnder(ca, { notAfter: expired }), ca),
    codes: ['certificate-expired'],
    evidence: { notAfter: expired.toISOString() },
  },
  {
    name: 'a certificate of the future',
    tls: session(leafUnder(ca, { notBefore: new Date('2030-01-01T00:00:00Z') }), ca),
    codes: ['certificate-not-yet-valid'],
  },
  {
    name: 'an intermediate that has ended',
    tls: (() => {
      const ended = root.issue({ name: 'CN=Ended', ca: true, notAfter: expired });
      return session(leafUnder(ended), ended);
    })(),
    codes: ['certificate-expired'],
    evidence: { subject: 'CN=Ended' },
  },
  {
    name: 'a certificate for clients',
    tls: session(leafUnder(ca, { extensions: [names, extKeyUsage([oids.clientAuth])] }), ca),
    codes: ['chain-untrusted'],
    evidence: { reason: 'purpose' },
  },
  {
    name: 'a CA under path length 0',
    tls: (() => {
      const low = weakCa.issue({ name: 'CN=Low', ca: true });
      return session(leafUnder(low), low, weakCa);
    })(),
    codes: ['chain-untrusted'],
    evidence: { reason: 'path-length' },
  },
  {
    name: 'bytes that are no certificate',
    tls: { ...session(leaf), certificates: [Buffer.from('3003020101', 'hex')] },
    codes: ['chain-untrusted'],
    evidence: { reason: 'malformed-certificate' },
  },
  {
    name: 'several faults at once',
    tls: session(leafUnder(ca, { key: 'rsa1024', name: 'O=Contoso, CN=x', notAfter: expired }), ca),
    codes: ['certificate-expired', 'organization-mismatch', 'key-too-weak'],
  },
  // ------------------------------------------------------------ the session
  {
    name: 'TLS 1.1',
    tls: { ...session(leaf, ca), protocol: 'TLSv1.1' },
    codes: ['tls-version-too-low'],
    evidence: { protocol: 'TLSv1.1', expected: 'TLSv1.2' },
  },
  {
    name: 'no ephemeral key',
    tls: { protocol: 'TLSv1.2', cipher: 'AES256-SHA', certificates: [leaf.der, ca.der] },
    codes: ['no-forward-secrecy'],
    evidence: { cipher: 'AES256-SHA' },
  },
  // ------------------------------------------------------------ the chain
  {
    name: 'the intermediate not sent',
    tls: session(leaf),
    codes: ['chain-incomplete'],
    evidence: { issuer: 'O=New Trust, CN=Issuing CA', missing: ['O=New Trust, CN=Issuing CA'] },
  },
  {
    name: 'an unknown intermediate of a known organization not sent',
    tls: session(leafUnder(caUnder(root, 'O=New Trust, CN=Issuing CA 2'))),
    codes: ['chain-incomplete'],
  },
  {
    name: 'an intermediate not sent that the profile knows by name',
    tls: session(leafUnder(caUnder(thirdRoot, 'CN=Issuing CA'))),
    codes: ['chain-incomplete'],
  },
  {
    name: 'a lone self-signed certificate',
    tls: session(makeCa({ name: subject, ca: false, extensions: [names] })),
    codes: ['chain-untrusted'],
    evidence: { reason: 'self-signed' },
  },
  {
    name: 'an inspection root that is sent',
    tls: session(leafUnder(strangeRoot, { name: 'CN=x', key: 'rsa1024' }), strangeRoot),
    codes: ['tls-intercepted'],
    evidence: { root: 'O=Inspection, CN=Inspection Root' },
  },
  {
    name: 'an inspection root that is not sent',
    tls: session(leafUnder(strangeCa), strangeCa),
    codes: ['tls-intercepted'],
    evidence: { root: 'O=Inspection, CN=Inspection Root' },
  },
  {
    name: 'an inspection certificate alone',
    tls: session(leafUnder(strangeRoot)),
    codes: ['tls-intercepted'],
  },
  {
    name: 'an inspection CA that bears the issuer’s name',
    tls: session(leafUnder(caUnder(strangeRoot, 'O=New Trust, CN=Issuing CA'))),
    codes: ['tls-intercepted'],
  },
  {
    name: 'an inspection root that bears the root’s name',
    tls: (() => {
      const fake = makeCa({ name: 'C=XX, O=New Trust, CN=New Root' });
      return session(leafUnder(fake), fake);
    })(),
    codes: ['tls-intercepted'],
  },
  // ------------------------------------------------------------ old and foreign roots
  {
    name: 'the old root after the change',
    tls: session(leafUnder(oldCa), oldCa),
    asked: { stores: [storeOf([root, oldRoot])] },
    codes: ['old-certificate'],
    severity: 'warning',
    evidence: { trusted: true, root: 'C=XX, O=Old Trust, CN=Old Root' },
  },
  {
    name: 'the old root after the change, not trusted but sent',
    tls: session(leafUnder(oldCa), oldCa, oldRoot),
    codes: ['old-certificate'],
    severity: 'critical',
    evidence: { trusted: false },
  },
  {
    name: 'the old root after the change, known from another profile',
    tls: session(leafUnder(oldCa), oldCa),
    asked: { knownRoots: [oldRoot] },
    codes: ['old-certificate'],
    severity: 'critical',
  },
  {
    name: 'the old root before the change, not trusted',
    tls: session(leafUnder(oldCa), oldCa, oldRoot),
    asked: { at: new Date('2024-12-31T23:59:59Z') },
    codes: ['chain-untrusted'],
    evidence: { reason: 'untrusted-root' },
  },
  {
    name: 'a third root that is trusted',
    tls: session(leafUnder(thirdCa), thirdCa),
    asked: { stores: [storeOf([root, thirdRoot])] },
    codes: ['unexpected-root'],
    severity: 'warning',
    evidence: { trusted: true },
  },
  {
    name: 'a third root that is only known',
    tls: session(leafUnder(thirdCa), thirdCa),
    asked: { knownRoots: [thirdRoot] },
    codes: ['unexpected-root'],
    severity: 'critical',
    evidence: { trusted: false },
  },
  {
    name: 'a third root that is trusted for e-mail only',
    tls: session(leafUnder(thirdCa), thirdCa),
    asked: {
      stores: [
        storeOf([root]),
        storeOf([thirdRoot], { name: 'b', entry: { purposes: ['emailProtection'] } }),
      ],
      knownRoots: [thirdRoot],
    },
    codes: ['unexpected-root'],
    severity: 'critical',
  },
  ...(['store', 'anchors', 'bundle', 'folder'] as const).map((part): FaultCase => ({
    name: `a third root that is missing from the ${part}`,
    tls: session(leafUnder(thirdCa), thirdCa),
    asked: {
      stores: [
        storeOf([root]),
        storeOf([thirdRoot], { name: 'b', entry: { missingFrom: [{ part, path: 'b' }] } }),
      ],
      knownRoots: [thirdRoot],
    },
    codes: ['unexpected-root'],
    severity: 'critical',
    evidence: { trusted: false },
  })),
  {
    name: 'a third root that no hash link leads to',
    tls: session(leafUnder(thirdCa), thirdCa),
    asked: {
      stores: [
        storeOf([root]),
        storeOf([thirdRoot], {
          name: 'b',
          entry: { hashLinks: { folder: 'b', ways: new Map([['00000000', {}]]) } },
        }),
      ],
      knownRoots: [thirdRoot],
    },
    codes: ['unexpected-root'],
    severity: 'critical',
    evidence: { trusted: false },
  },
];

describe('a certificate that is not as announced', () => {
  for (const { name, tls, asked, codes: expected, evidence = {}, severity } of faults)
    it(`${name}: ${expected.join()}`, async () => {
      const judgement = await ask(tls, asked);
      assert.deepEqual(codes(judgement), expected);
      const [finding] = judgement.findings;
      assert.ok(finding);
      assert.equal(finding.target, `${asked?.host ?? mailHost}:25`);
      assert.equal(finding.owner, finding.code === 'tls-intercepted' ? undefined : 'peer');
      if (severity) assert.equal(finding.severity, severity);
      const part = Object.fromEntries(
        Object.keys(evidence).map((key) => [key, finding.evidence[key]]),
      );
      assert.deepEqual(part, evidence);
    });

  it('the old root before the change is as announced', async () => {
    const at = new Date('2024-12-31T23:59:59Z');
    const judgement = await ask(session(leafUnder(oldCa), oldCa), {
      stores: [storeOf([oldRoot])],
      at,
    });
    assert.deepEqual(judgement.findings, []);
  });

  it('without a day of the change the old root is old', async () => {
    const timeless: Profile = { ...profile };
    delete (timeless as { effective?: string }).effective;
    const stores = [storeOf([root, oldRoot])];
    const judgement = await ask(session(leafUnder(oldCa), oldCa), { stores, profile: timeless });
    assert.deepEqual(codes(judgement), ['old-certificate']);
  });
});
