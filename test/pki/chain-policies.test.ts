import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCertificate } from '../../checks/pki/certificate.ts';
import { buildPaths } from '../../checks/pki/chain.ts';
import { oids } from '../../checks/pki/oids.ts';
import type { PathReason } from '../../checks/pki/path-problem.ts';
import { opensslMissing, opensslVerify } from '../helpers/chain-oracle.ts';
import { contextPrimitive, integer, integerContent, oid, sequence } from '../helpers/der-writer.ts';
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

type Extensions = readonly Uint8Array[];

interface PolicyCase {
  name: string;
  /** The CAs' extensions from the root down. */
  cas: readonly Extensions[];
  /** The last CA is issued by the one above in its own name. */
  selfIssued?: true;
  leaf?: Extensions;
  reason?: PathReason;
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
  { name: 'demanded three on, three there', cas: [[constraints({ explicit: 3 })], []] },
  {
    name: 'a later demand cannot be put off',
    cas: [[constraints({ explicit: 0 }), policies(gold)], [constraints({ explicit: 5 })]],
    reason: 'policy',
  },
  {
    name: 'self-issued certificates do not count',
    selfIssued: true,
    cas: [[constraints({ explicit: 2 }), policies(gold)], [policies(gold)]],
  },
  {
    name: 'any forbidden: the leaf has any',
    cas: [[policies(gold), explicitNow, inhibitAny(0)]],
    leaf: [policies(any)],
    reason: 'policy',
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
  },
  {
    name: 'mapped to any',
    cas: [[policies(gold), mappings([gold, any])]],
    leaf: [policies(gold)],
    reason: 'policy',
  },
  {
    name: 'empty constraints',
    cas: [[extension(oids.policyConstraints, sequence(), true)]],
    reason: 'malformed-extension',
  },
  {
    name: 'a policy that is no identifier',
    cas: [[extension(oids.certificatePolicies, sequence(sequence(integer(1))))]],
    reason: 'malformed-extension',
  },
];

describe('certificate policies', () => {
  for (const { name, cas, selfIssued, leaf = [], reason } of cases)
    it(`${name}: ${reason ?? 'trusted'}`, async () => {
      const line: Identity[] = [];
      for (const [index, extensions] of cas.entries()) {
        const issuer = line.at(-1) ?? root;
        const isOwn = selfIssued && index === cas.length - 1;
        const own = isOwn ? issuer.name : `CA ${index}`;
        line.push(issuer.issue({ name: own, ca: true, extensions }));
      }
      const end = (line.at(-1) ?? root).issue({ name: 'mx', extensions: leaf });
      const { path, trusted } = buildPaths(parseCertificate(end.der), {
        intermediates: line.map(({ der }) => parseCertificate(der)),
        anchors: [parseCertificate(root.der)],
        at: testTime,
      });
      assert.deepEqual(
        path.problems.map((problem) => problem.reason),
        reason ? [reason] : [],
      );
      if (opensslMissing) return;
      const verdict = await opensslVerify({
        leaf: end.der,
        intermediates: line.map(({ der }) => der),
        anchors: [root.der],
        at: testTime,
        policies: true,
      });
      assert.equal(verdict === 'ok', trusted, verdict);
    });

  it('of a thousand are too many', () => {
    const ids = Array.from({ length: 1000 }, (_, n) => `1.3.6.1.4.1.99999.3.${n}`);
    const ca = root.issue({ name: 'Many', ca: true, extensions: [policies(...ids)] });
    const end = ca.issue({ name: 'mx' });
    const { path } = buildPaths(parseCertificate(end.der), {
      intermediates: [parseCertificate(ca.der)],
      anchors: [parseCertificate(root.der)],
      at: testTime,
    });
    assert.deepEqual(
      path.problems.map(({ reason }) => reason),
      ['malformed-extension'],
    );
  });
});
