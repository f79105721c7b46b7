import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCertificate } from '../../checks/pki/certificate.ts';
import { buildPaths } from '../../checks/pki/chain.ts';
import { nameText } from '../../checks/pki/name.ts';
import { oids } from '../../checks/pki/oids.ts';
import type { PathReason } from '../../checks/pki/path-problem.ts';
import { opensslMissing, opensslVerify } from '../helpers/chain-oracle.ts';
import {
  contextPrimitive,
  ia5String,
  integer,
  integerContent,
  nullValue,
  oid,
  sequence,
} from '../helpers/der-writer.ts';
import { type Identity, makeCa, testTime } from '../helpers/private-ca.ts';
import { extension } from '../helpers/x509-writer.ts';

const root = makeCa({ name: 'Root' });
const any = '2.5.29.32.0';
const [gold, silver, lead] = [
  '1.3.6.1.4.1.99999.2.1',
  '1.3.6.1.4.1.99999.2.2',
  '1.3.6.1.4.1.99999.2.3',
];

const policies = (...ids: readonly string[]) =>
  extension(oids.certificatePolicies, sequence(...ids.map((id) => sequence(oid(id)))));
const mappings = (...pairs: readonly (readonly [string, string])[]) =>
  extension(
    oids.policyMappings,
    sequence(...pairs.map(([from, to]) => sequence(oid(from), oid(to)))),
    true,
  );
const constraints = ({ explicit, mapping }: { explicit?: number; mapping?: number }) =>
  extension(
    oids.policyConstraints,
    sequence(
      ...(explicit === undefined ? [] : [contextPrimitive(0, integerContent(explicit))]),
      ...(mapping === undefined ? [] : [contextPrimitive(1, integerContent(mapping))]),
    ),
    true,
  );
const inhibitAny = (skip: number) => extension(oids.inhibitAnyPolicy, integer(skip), true);
/** gold with what belongs to it. */
const qualified = (...qualifiers: readonly Uint8Array[]) =>
  extension(oids.certificatePolicies, sequence(sequence(oid(gold), ...qualifiers)));
const practice = sequence(oid('1.3.6.1.5.5.7.2.1'), ia5String('https://ca.example.com/cps'));

type Extensions = readonly Uint8Array[];

interface PolicyCase {
  name: string;
  /** The CAs' extensions from the root down. */
  cas: readonly Extensions[];
  /** The last CA is issued by the one above in its own name. */
  selfIssued?: true;
  leafName?: string;
  leaf?: Extensions;
  reason?: PathReason;
  /** The certificate that is to blame; the leaf where none is said. */
  at?: string;
  /** Why OpenSSL does not agree. */
  differs?: string;
}

const explicitNow = constraints({ explicit: 0 });

const cases: readonly PolicyCase[] = [
  { name: 'none at all', cas: [[]] },
  { name: 'nobody asks, the leaf has another', cas: [[policies(gold)]], leaf: [policies(silver)] },
  { name: 'demanded and there', cas: [[policies(gold), explicitNow]], leaf: [policies(gold)] },
  {
    name: 'demanded and missing from the leaf',
    cas: [[policies(gold), explicitNow]],
    reason: 'policy',
  },
  {
    name: 'demanded and missing from the CA',
    cas: [[explicitNow]],
    leaf: [policies(gold)],
    reason: 'policy',
  },
  {
    name: 'demanded and missing from the CA below',
    cas: [[policies(gold), explicitNow], []],
    leaf: [policies(gold)],
    reason: 'policy',
    at: 'CN=CA 1',
  },
  {
    name: 'demanded, and the leaf has another',
    cas: [[policies(gold), explicitNow]],
    leaf: [policies(silver)],
    reason: 'policy',
  },
  {
    name: 'demanded, one of two in common',
    cas: [[policies(gold, silver), explicitNow]],
    leaf: [policies(lead, silver)],
  },
  { name: 'demanded, the CA has any', cas: [[policies(any), explicitNow]], leaf: [policies(gold)] },
  {
    name: 'demanded, the leaf has any',
    cas: [[policies(gold), explicitNow]],
    leaf: [policies(any)],
  },
  {
    name: 'demanded by the leaf itself',
    cas: [[policies(gold)]],
    leaf: [policies(silver), explicitNow],
    reason: 'policy',
  },
  { name: 'demanded only further down', cas: [[constraints({ explicit: 2 })]] },
  {
    name: 'demanded one certificate on, by a leaf',
    cas: [[constraints({ explicit: 1 })]],
    reason: 'policy',
  },
  {
    name: 'demanded two on, three there',
    cas: [[constraints({ explicit: 2 })], []],
    reason: 'policy',
  },
  {
    name: 'demanded one on, and missing from the CA before',
    cas: [[policies(gold), constraints({ explicit: 1 })], []],
    reason: 'policy',
  },
  { name: 'demanded three on, three there', cas: [[constraints({ explicit: 3 })], []] },
  {
    name: 'a later demand cannot be put off',
    cas: [[constraints({ explicit: 0 }), policies(gold)], [constraints({ explicit: 5 })]],
    reason: 'policy',
    at: 'CN=CA 1',
  },
  {
    name: 'self-issued certificates do not count',
    selfIssued: true,
    cas: [[constraints({ explicit: 2 }), policies(gold)], [policies(gold)]],
  },
  {
    name: 'self-issued certificates do not put it off',
    selfIssued: true,
    cas: [[constraints({ explicit: 1 }), policies(gold)], [policies(gold)]],
    reason: 'policy',
  },
  {
    name: 'any forbidden: the leaf has any',
    cas: [[policies(gold), explicitNow, inhibitAny(0)]],
    leaf: [policies(any)],
    reason: 'policy',
  },
  {
    name: 'any forbidden, and the CA that forbids it has it',
    cas: [[policies(any), explicitNow, inhibitAny(0)]],
    leaf: [policies(any)],
    reason: 'policy',
  },
  {
    name: 'any forbidden: the CA below has any',
    cas: [[policies(gold), explicitNow, inhibitAny(0)], [policies(any)]],
    leaf: [policies(gold)],
    reason: 'policy',
    at: 'CN=CA 1',
  },
  {
    name: 'any forbidden later',
    cas: [[policies(gold), explicitNow, inhibitAny(1)]],
    leaf: [policies(any)],
  },
  {
    name: 'any forbidden: a self-issued CA may still have it',
    selfIssued: true,
    cas: [[policies(gold), explicitNow, inhibitAny(0)], [policies(any)]],
    leaf: [policies(gold)],
  },
  {
    name: 'any forbidden: a self-issued leaf has any',
    cas: [[policies(gold), explicitNow, inhibitAny(0)]],
    leafName: 'CA 0',
    leaf: [policies(any)],
    reason: 'policy',
  },
  {
    name: 'mapped',
    cas: [[policies(gold), explicitNow, mappings([gold, silver])]],
    leaf: [policies(silver)],
  },
  {
    name: 'mapped, and the leaf has the old one',
    cas: [[policies(gold), explicitNow, mappings([gold, silver])]],
    leaf: [policies(gold)],
    reason: 'policy',
  },
  {
    name: 'mapped to two',
    cas: [[policies(gold), explicitNow, mappings([gold, silver], [gold, lead])]],
    leaf: [policies(lead)],
  },
  {
    name: 'mapped to two, and the leaf has the first',
    cas: [[policies(gold), explicitNow, mappings([gold, silver], [gold, lead])]],
    leaf: [policies(silver)],
  },
  {
    name: 'mapped from one that the CA does not have',
    cas: [[policies(gold), explicitNow, mappings([lead, silver])]],
    leaf: [policies(silver)],
    reason: 'policy',
  },
  {
    name: 'mapped from any',
    cas: [[policies(any), explicitNow, mappings([gold, silver])]],
    leaf: [policies(silver)],
  },
  {
    name: 'mapped twice',
    cas: [
      [policies(gold), explicitNow, mappings([gold, silver])],
      [policies(silver), mappings([silver, lead])],
    ],
    leaf: [policies(lead)],
  },
  {
    name: 'mapping forbidden',
    cas: [
      [policies(gold), constraints({ explicit: 0, mapping: 0 })],
      [policies(gold), mappings([gold, silver])],
    ],
    leaf: [policies(silver)],
    reason: 'policy',
  },
  {
    name: 'mapping forbidden, and the leaf has the old one',
    cas: [
      [policies(gold), constraints({ explicit: 0, mapping: 0 })],
      [policies(gold), mappings([gold, silver])],
    ],
    leaf: [policies(gold)],
    reason: 'policy',
  },
  {
    name: 'mapping allowed once',
    cas: [
      [policies(gold), constraints({ explicit: 0, mapping: 1 })],
      [policies(gold), mappings([gold, silver])],
    ],
    leaf: [policies(silver)],
  },
  {
    name: 'any mapped',
    cas: [[policies(any), mappings([any, silver])]],
    leaf: [policies(silver)],
    reason: 'policy',
    at: 'CN=CA 0',
  },
  {
    name: 'mapped to any',
    cas: [[policies(gold), mappings([gold, any])]],
    leaf: [policies(gold)],
    reason: 'policy',
    at: 'CN=CA 0',
  },
  {
    name: 'any mapped by the leaf',
    cas: [[policies(gold)]],
    leaf: [policies(gold), mappings([any, silver])],
    reason: 'policy',
  },
  {
    name: 'with a qualifier',
    cas: [[qualified(sequence(practice)), explicitNow]],
    leaf: [policies(gold)],
  },
  {
    name: 'empty constraints',
    cas: [[extension(oids.policyConstraints, sequence(), true)]],
    reason: 'malformed-extension',
    at: 'CN=CA 0',
  },
  {
    name: 'a policy that is no identifier',
    cas: [[extension(oids.certificatePolicies, sequence(sequence(integer(1))))]],
    reason: 'malformed-extension',
    at: 'CN=CA 0',
  },
  {
    name: 'an empty list',
    cas: [[extension(oids.certificatePolicies, sequence())]],
    reason: 'malformed-extension',
    at: 'CN=CA 0',
    differs: 'OpenSSL takes it for none at all',
  },
  {
    name: 'qualifiers that are no list',
    cas: [[qualified(nullValue())]],
    reason: 'malformed-extension',
    at: 'CN=CA 0',
  },
  {
    name: 'bytes after the qualifiers',
    cas: [[qualified(sequence(practice), nullValue())]],
    reason: 'malformed-extension',
    at: 'CN=CA 0',
  },
  {
    name: 'a mapping of three',
    cas: [
      [
        policies(gold),
        extension(oids.policyMappings, sequence(sequence(oid(gold), oid(silver), oid(lead)))),
      ],
    ],
    reason: 'malformed-extension',
    at: 'CN=CA 0',
  },
  {
    name: 'a third constraint',
    cas: [[extension(oids.policyConstraints, sequence(contextPrimitive(2, integerContent(0))))]],
    reason: 'malformed-extension',
    at: 'CN=CA 0',
  },
  {
    name: 'bytes after inhibitAnyPolicy',
    cas: [
      [policies(gold), extension(oids.inhibitAnyPolicy, Buffer.concat([integer(0), nullValue()]))],
    ],
    reason: 'malformed-extension',
    at: 'CN=CA 0',
    differs: 'OpenSSL does not look behind the value',
  },
];

describe('certificate policies', () => {
  for (const { name, cas, selfIssued, leafName = 'mx', leaf = [], reason, at, differs } of cases)
    it(`${name}: ${reason ?? 'trusted'}`, async () => {
      const line: Identity[] = [];
      for (const [index, extensions] of cas.entries()) {
        const issuer = line.at(-1) ?? root;
        const isOwn = selfIssued && index === cas.length - 1;
        const own = isOwn ? issuer.name : `CA ${index}`;
        line.push(issuer.issue({ name: own, ca: true, extensions }));
      }
      const end = (line.at(-1) ?? root).issue({ name: leafName, extensions: leaf });
      const { path, trusted } = buildPaths(parseCertificate(end.der), {
        intermediates: line.map(({ der }) => parseCertificate(der)),
        anchors: [parseCertificate(root.der)],
        at: testTime,
      });
      assert.deepEqual(
        path.problems.map((problem) => problem.reason),
        reason ? [reason] : [],
      );
      const blamed = path.problems.map(({ certificate }) => nameText(certificate.subject));
      assert.deepEqual(blamed, reason ? [at ?? `CN=${leafName}`] : []);
      if (opensslMissing) return;
      const verdict = await opensslVerify({
        leaf: end.der,
        intermediates: line.map(({ der }) => der),
        anchors: [root.der],
        at: testTime,
        policies: true,
      });
      assert.equal((verdict === 'ok') === trusted, differs === undefined, verdict);
    });

  it('are not asked for under a root that nobody trusts', () => {
    const ca = root.issue({ name: 'CA', ca: true, extensions: [policies(gold), explicitNow] });
    const { path } = buildPaths(parseCertificate(ca.issue({ name: 'mx' }).der), {
      intermediates: [ca, root].map(({ der }) => parseCertificate(der)),
      anchors: [],
      at: testTime,
    });
    assert.deepEqual(
      path.problems.map(({ reason }) => reason),
      ['untrusted-root'],
    );
  });

  for (const [count, reasons] of [
    [100, []],
    [101, ['malformed-extension']],
  ] as const)
    it(`${count} of them: ${reasons.join() || 'read'}`, () => {
      const ids = Array.from({ length: count }, (_, n) => `1.3.6.1.4.1.99999.3.${n}`);
      const ca = root.issue({ name: 'Many', ca: true, extensions: [policies(...ids)] });
      const end = ca.issue({ name: 'mx' });
      const { path } = buildPaths(parseCertificate(end.der), {
        intermediates: [parseCertificate(ca.der)],
        anchors: [parseCertificate(root.der)],
        at: testTime,
      });
      assert.deepEqual(
        path.problems.map(({ reason }) => reason),
        reasons,
      );
    });
});
