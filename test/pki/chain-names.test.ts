import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCertificate } from '../../checks/pki/certificate.ts';
import { buildPaths } from '../../checks/pki/chain.ts';
import { type NameMatch, matchServerName } from '../../checks/pki/server-name.ts';
import { opensslMissing, opensslVerify } from '../helpers/chain-oracle.ts';
import {
  context,
  contextPrimitive,
  oid,
  sequence,
  setOf,
  utf8String,
} from '../helpers/der-writer.ts';
import { makeCa, testTime } from '../helpers/private-ca.ts';
import {
  directoryName,
  dnsName,
  emailName,
  ipName,
  nameConstraints,
  nameOf,
  subjectAltName,
  uriName,
} from '../helpers/x509-writer.ts';

const root = makeCa({ name: 'Root' });
const ip = (...bytes: number[]) => ipName(Uint8Array.from(bytes));
const ip6 = (...groups: number[]) =>
  ipName(Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])));
const upn = (text: string) =>
  context(0, oid('1.3.6.1.4.1.311.20.2.3'), context(0, utf8String(text)));

const fromZero = (name: Uint8Array): Buffer =>
  Buffer.concat([name, contextPrimitive(0, Buffer.of(0))]);

interface ConstraintCase {
  name: string;
  permitted?: readonly Uint8Array[];
  excluded?: readonly Uint8Array[];
  subject?: string | Uint8Array;
  names?: readonly Uint8Array[];
  allowed: boolean;
  /** Why OpenSSL does not agree. */
  differs?: string;
}

const cases: readonly ConstraintCase[] = [
  {
    name: 'DNS: equal',
    permitted: [dnsName('example.com')],
    names: [dnsName('example.com')],
    allowed: true,
  },
  {
    name: 'DNS: case',
    permitted: [dnsName('EXAMPLE.com')],
    names: [dnsName('a.Example.COM')],
    allowed: true,
  },
  {
    name: 'DNS: labels added',
    permitted: [dnsName('example.com')],
    names: [dnsName('a.b.example.com')],
    allowed: true,
  },
  {
    name: 'DNS: letters added',
    permitted: [dnsName('example.com')],
    names: [dnsName('notexample.com')],
    allowed: false,
  },
  {
    name: 'DNS: parent',
    permitted: [dnsName('a.example.com')],
    names: [dnsName('example.com')],
    allowed: false,
  },
  {
    name: 'DNS: second name outside',
    permitted: [dnsName('example.com')],
    names: [dnsName('example.com'), dnsName('example.net')],
    allowed: false,
  },
  {
    name: 'DNS: one of two permitted',
    permitted: [dnsName('example.net'), dnsName('example.com')],
    names: [dnsName('example.com')],
    allowed: true,
  },
  {
    name: 'DNS: empty constraint permits all',
    permitted: [dnsName('')],
    names: [dnsName('example.com')],
    allowed: true,
  },
  {
    name: 'DNS: empty constraint excludes all',
    excluded: [dnsName('')],
    names: [dnsName('example.com')],
    allowed: false,
  },
  {
    name: 'DNS: leading dot, subdomain',
    permitted: [dnsName('.example.com')],
    names: [dnsName('a.example.com')],
    allowed: true,
  },
  {
    name: 'DNS: leading dot, the domain itself',
    permitted: [dnsName('.example.com')],
    names: [dnsName('example.com')],
    allowed: false,
  },
  {
    name: 'DNS: leading dot excluded',
    excluded: [dnsName('.mil')],
    names: [dnsName('example.mil')],
    allowed: false,
  },
  {
    name: 'DNS: permitted from the minimum of 0 on, as NSS writes it',
    permitted: [fromZero(dnsName('example.com'))],
    names: [dnsName('a.example.com')],
    allowed: true,
  },
  {
    name: 'DNS: excluded',
    excluded: [dnsName('example.com')],
    names: [dnsName('a.example.com')],
    allowed: false,
  },
  {
    name: 'DNS: permitted and excluded',
    permitted: [dnsName('example.com')],
    excluded: [dnsName('a.example.com')],
    names: [dnsName('a.example.com')],
    allowed: false,
  },
  {
    name: 'DNS: beside the excluded',
    permitted: [dnsName('example.com')],
    excluded: [dnsName('a.example.com')],
    names: [dnsName('b.example.com')],
    allowed: true,
  },
  {
    name: 'DNS: wildcard inside',
    permitted: [dnsName('example.com')],
    names: [dnsName('*.example.com')],
    allowed: true,
  },
  {
    name: 'DNS: wildcard that covers an excluded host',
    excluded: [dnsName('a.example.com')],
    names: [dnsName('*.example.com')],
    allowed: false,
    differs: 'OpenSSL compares the wildcard as a name',
  },
  {
    name: 'DNS: wildcard that covers more than the permitted host',
    permitted: [dnsName('a.example.com')],
    names: [dnsName('*.example.com')],
    allowed: false,
  },
  {
    name: 'DNS: wildcard beside an excluded host',
    excluded: [dnsName('a.b.example.com')],
    names: [dnsName('*.example.com')],
    allowed: true,
  },
  {
    name: 'DNS: wildcard beside an excluded host of as many labels',
    excluded: [dnsName('a.other.com')],
    names: [dnsName('*.example.com')],
    allowed: true,
  },
  {
    name: 'DNS: name that is none',
    permitted: [dnsName('example.com')],
    names: [dnsName('a\u0000.example.com')],
    allowed: false,
    differs: 'OpenSSL compares the end of the bytes',
  },
  {
    name: 'DNS: constraint that is none, excluded',
    excluded: [dnsName('*.example.com')],
    names: [dnsName('a.example.net')],
    allowed: false,
    differs: 'OpenSSL finds that nothing matches',
  },
  {
    name: 'DNS constrained, none present',
    permitted: [dnsName('example.com')],
    names: [],
    allowed: true,
  },
  {
    name: 'DNS constrained, other forms free',
    permitted: [dnsName('example.com')],
    names: [emailName('a@example.net'), ip(192, 0, 2, 1)],
    allowed: true,
  },
  {
    name: 'IP: inside',
    permitted: [ip(192, 0, 2, 0, 255, 255, 255, 0)],
    names: [ip(192, 0, 2, 77)],
    allowed: true,
  },
  {
    name: 'IP: outside',
    permitted: [ip(192, 0, 2, 0, 255, 255, 255, 0)],
    names: [ip(192, 0, 3, 77)],
    allowed: false,
  },
  {
    name: 'IP: excluded',
    excluded: [ip(192, 0, 2, 0, 255, 255, 255, 0)],
    names: [ip(192, 0, 2, 77)],
    allowed: false,
  },
  {
    name: 'IP: mask not on a byte',
    permitted: [ip(10, 16, 0, 0, 255, 240, 0, 0)],
    names: [ip(10, 31, 1, 1)],
    allowed: true,
  },
  {
    name: 'IP: past a mask not on a byte',
    permitted: [ip(10, 16, 0, 0, 255, 240, 0, 0)],
    names: [ip(10, 32, 1, 1)],
    allowed: false,
  },
  {
    name: 'IP: version 6 inside',
    permitted: [ip6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0, 0xffff, 0xffff, 0, 0, 0, 0, 0, 0)],
    names: [ip6(0x2001, 0xdb8, 1, 2, 3, 4, 5, 6)],
    allowed: true,
  },
  {
    name: 'IP: version 4 permitted, version 6 present',
    permitted: [ip(0, 0, 0, 0, 0, 0, 0, 0)],
    names: [ip6(0x2001, 0xdb8, 1, 2, 3, 4, 5, 6)],
    allowed: false,
  },
  {
    name: 'IP: mask with holes',
    permitted: [ip(10, 0, 0, 0, 255, 0, 255, 0)],
    names: [ip(10, 9, 0, 1)],
    allowed: false,
    differs: 'OpenSSL applies any mask',
  },
  {
    name: 'IP: excluded mask with holes',
    excluded: [ip(10, 0, 0, 0, 255, 0, 255, 0)],
    names: [ip(10, 9, 1, 1)],
    allowed: false,
    differs: 'OpenSSL applies any mask',
  },
  {
    name: 'IP: mask with a hole at the edge of a byte',
    permitted: [ip(10, 0, 0, 0, 255, 127, 0, 0)],
    names: [ip(10, 0, 0, 1)],
    allowed: false,
    differs: 'OpenSSL applies any mask',
  },
  {
    name: 'IP: excluded range of three bytes',
    excluded: [ip(10, 0, 0, 255, 0, 0)],
    names: [ip(192, 0, 2, 1)],
    allowed: false,
  },
  {
    name: 'IP: address of five bytes, excluded range',
    excluded: [ip(10, 0, 0, 0, 255, 0, 0, 0)],
    names: [ip(192, 0, 2, 1, 0)],
    allowed: false,
  },
  {
    name: 'IP: constraint of five bytes',
    excluded: [ip(10, 0, 0, 0, 8)],
    names: [ip(192, 0, 2, 1)],
    allowed: false,
  },
  {
    name: 'email: host',
    permitted: [emailName('example.com')],
    names: [emailName('a@EXAMPLE.com')],
    allowed: true,
  },
  {
    name: 'email: host, subdomain',
    permitted: [emailName('example.com')],
    names: [emailName('a@b.example.com')],
    allowed: false,
  },
  {
    name: 'email: domain',
    permitted: [emailName('.example.com')],
    names: [emailName('a@b.example.com')],
    allowed: true,
  },
  {
    name: 'email: domain, the host itself',
    permitted: [emailName('.example.com')],
    names: [emailName('a@example.com')],
    allowed: false,
  },
  {
    name: 'email: mailbox',
    permitted: [emailName('a@example.com')],
    names: [emailName('a@Example.com')],
    allowed: true,
  },
  {
    name: 'email: mailbox of another case',
    permitted: [emailName('a@example.com')],
    names: [emailName('A@example.com')],
    allowed: false,
  },
  {
    name: 'email: no address',
    permitted: [emailName('example.com')],
    names: [emailName('example.com')],
    allowed: false,
  },
  {
    name: 'email: two @',
    permitted: [emailName('example.com')],
    names: [emailName('a@example.com@example.net')],
    allowed: false,
  },
  {
    name: 'email: nothing before the @',
    permitted: [emailName('example.com')],
    names: [emailName('@example.com')],
    allowed: false,
    differs: 'OpenSSL compares the host alone',
  },
  {
    name: 'email: excluded host',
    excluded: [emailName('example.com')],
    names: [emailName('a@example.com')],
    allowed: false,
  },
  {
    name: 'email: excluded domain',
    excluded: [emailName('.example.com')],
    names: [emailName('a@b.example.com')],
    allowed: false,
  },
  {
    name: 'email: beside the excluded domain',
    excluded: [emailName('.example.com')],
    names: [emailName('a@example.com')],
    allowed: true,
  },
  {
    name: 'email: empty constraint excludes all',
    excluded: [emailName('')],
    names: [emailName('a@example.com')],
    allowed: false,
    differs: 'OpenSSL has no empty constraint for mail',
  },
  {
    name: 'email: mailbox that is none, excluded',
    excluded: [emailName('a@b@example.com')],
    names: [emailName('a@example.com')],
    allowed: false,
    differs: 'OpenSSL finds that nothing matches',
  },
  {
    name: 'email: nothing before the @ of an excluded mailbox',
    excluded: [emailName('@example.com')],
    names: [emailName('a@example.com')],
    allowed: false,
  },
  {
    name: 'email: constraint that is none, excluded',
    excluded: [emailName('exa mple.com')],
    names: [emailName('a@example.com')],
    allowed: false,
    differs: 'OpenSSL finds that nothing matches',
  },
  {
    name: 'email in the subject, without subjectAltName',
    permitted: [emailName('example.com')],
    subject: 'CN=x, 1.2.840.113549.1.9.1=a@example.net',
    allowed: false,
  },
  {
    name: 'name: subtree',
    permitted: [directoryName(nameOf('C=ES, O=Test'))],
    subject: 'C=ES, O=test, CN=mx',
    allowed: true,
  },
  {
    name: 'name: subject outside',
    permitted: [directoryName(nameOf('C=ES, O=Test'))],
    subject: 'C=ES, O=Best, CN=mx',
    allowed: false,
  },
  {
    name: 'name: longer value is no subtree',
    permitted: [directoryName(nameOf('C=ES, O=Test'))],
    subject: 'C=ES, O=Testing, CN=mx',
    allowed: false,
  },
  {
    name: 'name: none',
    permitted: [directoryName(nameOf('C=ES, O=Test'))],
    subject: sequence(),
    names: [dnsName('mx.example.com')],
    allowed: true,
  },
  {
    name: 'name: empty constraint permits all',
    permitted: [directoryName(sequence())],
    subject: 'C=ES, CN=mx',
    allowed: true,
  },
  {
    name: 'name: empty constraint excludes all',
    excluded: [directoryName(sequence())],
    subject: 'C=ES, CN=mx',
    allowed: false,
  },
  {
    name: 'name: excluded',
    excluded: [directoryName(nameOf('C=ES'))],
    subject: 'C=ES, O=Test, CN=mx',
    allowed: false,
  },
  {
    name: 'name: alternative outside, subject inside',
    permitted: [directoryName(nameOf('C=ES'))],
    subject: 'C=ES, CN=mx',
    names: [directoryName(nameOf('C=FR'))],
    allowed: false,
  },
  {
    name: 'name: several attributes in one relative name',
    permitted: [directoryName(sequence(setOf(sequence(oid('2.5.4.10'), utf8String('Test')))))],
    subject: sequence(
      setOf(
        sequence(oid('2.5.4.10'), utf8String('Test')),
        sequence(oid('2.5.4.11'), utf8String('Unit')),
      ),
    ),
    allowed: false,
  },
  {
    name: 'URI: host',
    permitted: [uriName('www.example.com')],
    names: [uriName('https://WWW.example.com/a?b=c')],
    allowed: true,
  },
  {
    name: 'URI: host, with a port and a user',
    permitted: [uriName('www.example.com')],
    names: [uriName('https://me@www.example.com:8443/')],
    allowed: true,
    differs: 'OpenSSL takes the user for a part of the host',
  },
  {
    name: 'URI: host, subdomain',
    permitted: [uriName('example.com')],
    names: [uriName('https://www.example.com/')],
    allowed: false,
  },
  {
    name: 'URI: domain',
    permitted: [uriName('.example.com')],
    names: [uriName('ftp://a.b.example.com')],
    allowed: true,
  },
  {
    name: 'URI: domain, the host itself',
    permitted: [uriName('.example.com')],
    names: [uriName('https://example.com/')],
    allowed: false,
  },
  {
    name: 'URI: letters added',
    permitted: [uriName('.example.com')],
    names: [uriName('https://notexample.com/')],
    allowed: false,
  },
  {
    name: 'URI: host in the path',
    permitted: [uriName('www.example.com')],
    names: [uriName('https://evil.example/www.example.com')],
    allowed: false,
  },
  {
    name: 'URI: host before the user',
    permitted: [uriName('www.example.com')],
    names: [uriName('https://www.example.com@evil.example/')],
    allowed: false,
  },
  {
    name: 'URI: excluded host',
    excluded: [uriName('www.example.com')],
    names: [uriName('https://www.example.com/')],
    allowed: false,
  },
  {
    name: 'URI: excluded domain',
    excluded: [uriName('.example.com')],
    names: [uriName('https://www.example.com/')],
    allowed: false,
  },
  {
    name: 'URI: beside the excluded',
    excluded: [uriName('www.example.com')],
    names: [uriName('https://mx.example.com/')],
    allowed: true,
  },
  {
    name: 'URI: empty constraint permits all',
    permitted: [uriName('')],
    names: [uriName('https://www.example.com/')],
    allowed: true,
    differs: 'OpenSSL has no empty constraint for URIs',
  },
  {
    name: 'URI: without a host',
    permitted: [uriName('.example.com')],
    names: [uriName('urn:a:b')],
    allowed: false,
  },
  {
    name: 'URI: without a host, excluded',
    excluded: [uriName('.example.net')],
    names: [uriName('urn:a:b')],
    allowed: false,
  },
  {
    name: 'URI: address instead of a host',
    excluded: [uriName('.example.net')],
    names: [uriName('https://192.0.2.1/')],
    allowed: false,
    differs: 'OpenSSL compares it as a name; RFC 5280 4.2.1.10 has it refused',
  },
  {
    name: 'URI: version 6 address instead of a host',
    excluded: [uriName('.example.net')],
    names: [uriName('https://[2001:db8::1]/')],
    allowed: false,
    differs: 'the same',
  },
  {
    name: 'URI: host of one label, which is no full name',
    permitted: [uriName('localhost')],
    names: [uriName('https://localhost/')],
    allowed: false,
    differs: 'OpenSSL compares any host; RFC 5280 4.2.1.10 has it refused',
  },
  {
    name: 'URI: wildcard instead of a host',
    permitted: [uriName('.example.com')],
    names: [uriName('https://*.a.example.com/')],
    allowed: false,
    differs: 'OpenSSL compares the end of the text',
  },
  {
    name: 'URI: constraint that is none, excluded',
    excluded: [uriName('*.example.com')],
    names: [uriName('https://a.example.net/')],
    allowed: false,
    differs: 'OpenSSL finds that nothing matches',
  },
  {
    name: 'URI: constrained and absent',
    permitted: [uriName('example.com')],
    names: [dnsName('example.com')],
    allowed: true,
  },
  {
    name: 'other name: constrained and present',
    permitted: [upn('a@example.com')],
    names: [upn('a@example.com')],
    allowed: false,
  },
  {
    name: 'registered ID: excluded and present',
    excluded: [contextPrimitive(8, Uint8Array.of(42))],
    names: [contextPrimitive(8, Uint8Array.of(43))],
    allowed: false,
  },
];

describe('name constraints', () => {
  for (const { name, permitted, excluded, subject = 'CN=mx', names, allowed, differs } of cases)
    it(name, async () => {
      const constraints = nameConstraints({
        ...(permitted && { permitted }),
        ...(excluded && { excluded }),
      });
      const ca = root.issue({ name: 'Constrained', ca: true, extensions: [constraints] });
      const alternative = names && names.length > 0 ? [subjectAltName(...names)] : [];
      const leaf = ca.issue({ name: subject, extensions: alternative });
      const { trusted, path } = buildPaths(parseCertificate(leaf.der), {
        intermediates: [parseCertificate(ca.der)],
        anchors: [parseCertificate(root.der)],
        at: testTime,
      });
      assert.deepEqual(
        path.problems.map(({ reason }) => reason),
        allowed ? [] : ['name-constraints'],
      );
      assert.equal(trusted, allowed);
      if (opensslMissing) return;
      const verdict = await opensslVerify({
        leaf: leaf.der,
        intermediates: [ca.der],
        anchors: [root.der],
        at: testTime,
      });
      assert.equal((verdict === 'ok') === allowed, differs === undefined, verdict);
    });

  it('bind every certificate below, but for self-issued CAs', () => {
    const only = nameConstraints({ permitted: [directoryName(nameOf('CN=mx'))] });
    const outer = root.issue({ name: 'Outer', ca: true, extensions: [only] });
    const rollover = outer.issue({ name: 'Outer', ca: true });
    const other = outer.issue({ name: 'Inner', ca: true });
    const reasons = (issuer: typeof rollover) =>
      buildPaths(parseCertificate(issuer.issue({ name: 'mx' }).der), {
        intermediates: [outer, issuer].map(({ der }) => parseCertificate(der)),
        anchors: [parseCertificate(root.der)],
        at: testTime,
      }).path.problems.map(({ reason }) => reason);
    assert.deepEqual(reasons(rollover), []);
    assert.deepEqual(reasons(other), ['name-constraints']);
  });

  it('of several CAs hold together, and a self-issued leaf is bound', () => {
    const only = (host: string) => nameConstraints({ permitted: [dnsName(host)] });
    const outer = root.issue({ name: 'Outer', ca: true, extensions: [only('a.example.com')] });
    const inner = outer.issue({ name: 'Inner', ca: true, extensions: [only('example.com')] });
    const reasons = (name: string, host: string) =>
      buildPaths(
        parseCertificate(inner.issue({ name, extensions: [subjectAltName(dnsName(host))] }).der),
        {
          intermediates: [outer, inner].map(({ der }) => parseCertificate(der)),
          anchors: [parseCertificate(root.der)],
          at: testTime,
        },
      ).path.problems.map(({ reason }) => reason);
    assert.deepEqual(reasons('mx', 'x.a.example.com'), []);
    assert.deepEqual(reasons('mx', 'b.example.com'), ['name-constraints']);
    assert.deepEqual(reasons('mx', 'a.example.net'), ['name-constraints', 'name-constraints']);
    assert.deepEqual(reasons('Inner', 'a.example.net'), ['name-constraints', 'name-constraints']);
  });

  it('refuse on every path through the CA that has them', () => {
    const mid = makeCa({ name: 'Mid' });
    const roots = [root, makeCa({ name: 'Other Root' })];
    const cross = roots.map((top) => top.issue({ name: mid.name, key: mid, ca: true }));
    const none = nameConstraints({ excluded: [dnsName('')] });
    const ca = mid.issue({ name: 'Constrained', ca: true, extensions: [none] });
    const leaf = ca.issue({ name: 'mx', extensions: [subjectAltName(dnsName('a.example'))] });
    const { path } = buildPaths(parseCertificate(leaf.der), {
      intermediates: [ca, ...cross].map(({ der }) => parseCertificate(der)),
      anchors: roots.map(({ der }) => parseCertificate(der)),
      at: testTime,
    });
    assert.deepEqual(
      path.problems.map(({ reason }) => reason),
      ['name-constraints'],
    );
  });

  it('are compared once for each CA, however many paths lead through it', () => {
    // six layers of two certificates each: 64 paths, a quarter of a million comparisons per certificate
    const namesOf = (letter: string) =>
      Array.from({ length: 510 }, (_, n) => dnsName(`${letter}${n.toString(36)}.c`));
    const layers = Array.from({ length: 7 }, (_, n) => makeCa({ name: `L${n}`, key: 'ed25519' }));
    const intermediates = layers.slice(1).flatMap((issuer, n) => {
      const { name, ...key } = layers[n] ?? root;
      const extensions = [nameConstraints({ excluded: namesOf('x') })];
      return [1, 2].map(() => issuer.issue({ name, key, ca: true, extensions }));
    });
    const alternative = subjectAltName(...namesOf('y'));
    const leaf = (layers[0] ?? root).issue({ name: 'mx', extensions: [alternative] });
    const { path } = buildPaths(parseCertificate(leaf.der), {
      intermediates: intermediates.map(({ der }) => parseCertificate(der)),
      anchors: [parseCertificate(root.der)],
      at: testTime,
    });
    assert.deepEqual(
      path.problems.map(({ reason }) => reason),
      ['issuer-missing'],
    );
  });

  const times = <T>(count: number, make: (n: number) => T): T[] =>
    Array.from({ length: count }, (_, n) => make(n));
  // 1024 names of all forms, the subject among them, and 1024 constraints: as many comparisons as are made
  const names = [
    ...times(200, (n) => dnsName(`h${n}.example.com`)),
    ...times(200, (n) => emailName(`a@h${n}.example.com`)),
    ...times(200, (n) => directoryName(nameOf(`CN=${n}`))),
    ...times(200, (n) => uriName(`https://h${n}.example.com`)),
    ...times(200, (n) => ip(192, 0, 2, n)),
    ...times(23, (n) => contextPrimitive(8, Uint8Array.of(n))),
  ];
  const permitted = times(512, () => directoryName(sequence()));
  const excluded = times(512, (n) => dnsName(`x${n}.example.com`));
  const atLimit = (...more: readonly Uint8Array[]) => {
    const extensions = [nameConstraints({ permitted, excluded })];
    const ca = root.issue({ name: 'Many', ca: true, extensions });
    const leaf = ca.issue({ name: 'mx', extensions: [subjectAltName(...names, ...more)] });
    return buildPaths(parseCertificate(leaf.der), {
      intermediates: [parseCertificate(ca.der)],
      anchors: [parseCertificate(root.der)],
      at: testTime,
    }).path.problems.map(({ reason }) => reason);
  };
  it('are compared as long as the work is no more than that of 1024 names and 1024 constraints', () => {
    assert.deepEqual(atLimit(), []);
  });
  it('are refused where the work would be quadratic', () => {
    assert.deepEqual(atLimit(dnsName('one.example.com')), ['name-constraints']);
  });
});

describe('server names (RFC 9525)', () => {
  const matches: readonly [string, readonly Uint8Array[], string, NameMatch][] = [
    ['equal', [dnsName('mx.example.com')], 'mx.example.com', 'matches'],
    ['case', [dnsName('MX.example.com')], 'mx.EXAMPLE.com', 'matches'],
    ['absolute name', [dnsName('mx.example.com')], 'mx.example.com.', 'matches'],
    [
      'second name',
      [dnsName('a.example.com'), dnsName('mx.example.com')],
      'mx.example.com',
      'matches',
    ],
    ['other host', [dnsName('mx.example.com')], 'mx2.example.com', 'mismatch'],
    ['parent', [dnsName('example.com')], 'mx.example.com', 'mismatch'],
    ['wildcard', [dnsName('*.example.com')], 'mx.example.com', 'matches'],
    [
      'tenant host',
      [dnsName('*.mail.protection.outlook.com')],
      'contoso-com.mail.protection.outlook.com',
      'matches',
    ],
    ['wildcard and two labels', [dnsName('*.example.com')], 'a.mx.example.com', 'mismatch'],
    ['wildcard and none', [dnsName('*.example.com')], 'example.com', 'mismatch'],
    ['wildcard over one label', [dnsName('*.com')], 'example.com', 'mismatch'],
    ['wildcard alone', [dnsName('*')], 'localhost', 'mismatch'],
    ['wildcard inside a label', [dnsName('m*.example.com')], 'mx.example.com', 'mismatch'],
    ['wildcard further right', [dnsName('mx.*.com')], 'mx.example.com', 'mismatch'],
    ['two wildcards', [dnsName('*.*.example.com')], 'a.b.example.com', 'mismatch'],
    ['NUL inside', [dnsName('mx.example.com\u0000.evil.example')], 'mx.example.com', 'mismatch'],
    ['empty label', [dnsName('mx..example.com')], 'mx..example.com', 'mismatch'],
    ['not ASCII', [dnsName('b\u00fccher.example.com')], 'xn--bcher-kva.example.com', 'mismatch'],
    ...[
      '_mx-1.3com.example.com',
      'a.b',
      'mx',
      '192.0.2.1.example.com',
      `${'a'.repeat(63)}.${'b'.repeat(63)}.com`,
      `${'a.'.repeat(126)}a`,
    ].map((name): (typeof matches)[number] => [
      `as long or short as a name can be: ${name.slice(0, 30)}`,
      [dnsName(name)],
      name,
      'matches',
    ]),
    ...[
      `${'a'.repeat(64)}.com`,
      `a.${'b'.repeat(64)}`,
      `${'a.'.repeat(126)}ab`,
      '.com',
      'mx..com',
      'mx com',
    ].map((name): (typeof matches)[number] => [
      `no host name: ${name.slice(0, 30)}`,
      [dnsName(name)],
      name,
      'mismatch',
    ]),
    ['wildcard over spaces', [dnsName('*.exa mple.com')], 'mx.exa mple.com', 'mismatch'],
    ['IPv4', [ip(192, 0, 2, 1)], '192.0.2.1', 'matches'],
    ['IPv4 of the highest numbers', [ip(255, 255, 255, 255)], '255.255.255.255', 'matches'],
    ['IPv4 of the lowest', [ip(0, 0, 0, 0)], '0.0.0.0', 'matches'],
    ['IPv4 of a number too high', [ip(0, 1, 1, 1)], '256.1.1.1', 'mismatch'],
    ['IPv4 without its first number', [ip(0, 1, 1, 1)], '.1.1.1', 'mismatch'],
    ['IPv4 without its last', [ip(1, 1, 1, 0)], '1.1.1.', 'mismatch'],
    ['IPv6 in full', [ip6(1, 2, 3, 4, 5, 6, 7, 0x8abc)], '1:2:3:4:5:6:7:8abc', 'matches'],
    ['IPv6 that begins with zeros', [ip6(0, 0, 0, 0, 0, 0, 0, 1)], '::1', 'matches'],
    ['IPv6 that ends with zeros', [ip6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0)], '2001:db8::', 'matches'],
    ['IPv6 of nothing else', [ip6(0, 0, 0, 0, 0, 0, 0, 0)], '::', 'matches'],
    [
      'IPv6 with an IPv4 in it',
      [ip6(0, 0, 0, 0, 0, 0xffff, 0xc000, 0x201)],
      '::ffff:192.0.2.1',
      'matches',
    ],
    ['IPv6 that is none', [ip6(1, 2, 3, 4, 5, 6, 7, 0)], '1:2:3:4:5:6:7', 'mismatch'],
    ['IPv4 as text in a DNS name', [dnsName('192.0.2.1')], '192.0.2.1', 'mismatch'],
    ['IPv4 and wildcard', [dnsName('*.0.2.1')], '192.0.2.1', 'mismatch'],
    ['IPv6', [ip6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)], '2001:DB8::1', 'matches'],
    ['IPv6 of another host', [ip6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)], '2001:db8::2', 'mismatch'],
    ['any host asked for', [dnsName('MX.example.com')], '*.Example.com', 'matches'],
    ['any host asked for, and named so', [dnsName('*.example.com')], '*.example.com', 'matches'],
    [
      'any host asked for, two labels down',
      [dnsName('a.b.example.com')],
      '*.example.com',
      'mismatch',
    ],
    [
      'any host asked for, and not its domain',
      [dnsName('example.com')],
      '*.example.com',
      'mismatch',
    ],
    ['any host asked for, without a label', [dnsName('.example.com')], '*.example.com', 'mismatch'],
    ['any host asked for, two wildcards', [dnsName('*.*.com')], '*.*.com', 'mismatch'],
    ['any host of one label asked for', [dnsName('example.com')], '*.com', 'mismatch'],
    ['e-mail domain', [emailName('a@mx.example.com')], 'mx.example.com', 'mismatch'],
  ];
  for (const [name, names, host, expected] of matches)
    it(name, () => {
      const leaf = root.issue({ name: 'CN=nobody', extensions: [subjectAltName(...names)] });
      assert.equal(matchServerName(parseCertificate(leaf.der), host), expected);
    });

  it('the common name explains, and does not match', () => {
    const named = (...extensions: Uint8Array[]) =>
      parseCertificate(root.issue({ name: 'CN=mx.example.com', extensions }).der);
    assert.equal(matchServerName(named(), 'mx.example.com'), 'common-name-only');
    const other = named(subjectAltName(dnsName('a.example.com')));
    assert.equal(matchServerName(other, 'mx.example.com'), 'common-name-only');
    assert.equal(matchServerName(named(), 'mx2.example.com'), 'mismatch');
    assert.equal(matchServerName(named(), '*.example.com'), 'common-name-only');
    const two = root.issue({ name: 'CN=Mail, CN=mx.example.com' });
    assert.equal(matchServerName(parseCertificate(two.der), 'mx.example.com'), 'common-name-only');
  });
});
