import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRun } from '../../agent/run/context.ts';
import { fingerprint256 } from '../../checks/pki/certificate.ts';
import { trustStoreCheck } from '../../checks/trust-store.ts';
import type {
  Judgement,
  Profile,
  StoreContents,
  StoreEntry,
  TrustStore,
} from '../../checks/types.ts';
import { oid, sequence, setOf, tlv } from '../helpers/der-writer.ts';
import { fakeHost } from '../helpers/fake-host.ts';
import { makeCa, testTime } from '../helpers/private-ca.ts';
import { nameOf } from '../helpers/x509-writer.ts';

const root = makeCa({ name: 'C=BE, O=Example, CN=Example Root', notAfter: new Date('2028-01-28') });
const others = Array.from({ length: 5 }, (_, n) => makeCa({ name: `CN=Other Root ${n}` }));
const older = makeCa({ name: root.name, key: root, notAfter: new Date('2014-01-28') });
const stranger = makeCa({ name: root.name, serial: root.serial });
const cross = others[0]?.issue({ name: root.name, key: root, ca: true }) ?? root;
/** The same name in capitals and with more spaces: the same to whoever compares names by RFC 5280 7.1. */
const respelled = makeCa({ name: nameOf('C=be, O=EXAMPLE, CN=Example  ROOT'), key: root });
/** The same name in BMPStrings. */
const widened = makeCa({
  name: sequence(
    ...[
      ['2.5.4.6', 'BE'],
      ['2.5.4.10', 'Example'],
      ['2.5.4.3', 'Example Root'],
    ].map(([type = '', text = '']) =>
      setOf(sequence(oid(type), tlv(0x1e, Buffer.from(text, 'utf16le').swap16()))),
    ),
  ),
  key: root,
});

const profile: Profile = {
  id: 'test',
  title: 'Test',
  replaces: [],
  notes: [],
  endpoints: [],
  authorities: [
    {
      id: 'r1',
      name: 'Example Root',
      root: true,
      sha256: fingerprint256(root.der),
      der: root.der,
    },
    { id: 'ca', name: 'Issuing CA', root: false, issuer: 'r1', url: 'http://ca.example/ca.crt' },
  ],
  crls: [],
  ocsp: [],
};

const entry = (der: Uint8Array, rest: Partial<StoreEntry> = {}): StoreEntry => ({
  der,
  trust: 'trusted',
  origin: '/roots/one.pem',
  ...rest,
});

const storeOf = (contents: StoreContents, rest: Partial<TrustStore> = {}): TrustStore => ({
  kind: 'openssl-bundle',
  name: '/roots',
  path: '/roots',
  mail: 'unknown',
  read: () => Promise.resolve(contents),
  ...rest,
});

const holding = (...entries: readonly StoreEntry[]): StoreContents => ({
  entries: [...others.map(({ der }) => entry(der)), ...entries],
  problems: [],
});

const judgeAll = async (
  stores: readonly TrustStore[],
  { at = testTime, of = profile } = {},
): Promise<ReadonlyMap<string, Judgement>> => {
  const run = createRun(fakeHost({ trustStores: stores }), { smtp: [] });
  const tasks = await trustStoreCheck.discover(of, run);
  const judged = tasks.map(async (task) => {
    const observation = await task.observe(AbortSignal.timeout(60_000));
    return [task.target, observation.judge(at)] as const;
  });
  return new Map(await Promise.all(judged));
};

const judgeOne = async (contents: StoreContents, at = testTime): Promise<Judgement> => {
  const all = await judgeAll([storeOf(contents)], { at });
  assert.deepEqual([...all.keys()], ['r1@/roots']);
  return all.get('r1@/roots') ?? assert.fail();
};

describe('a root in a trust store', () => {
  const cases: readonly {
    readonly what: string;
    readonly contents: StoreContents;
    readonly at?: Date;
    readonly codes: readonly string[];
    readonly evidence: Judgement['evidence'];
  }[] = [
    {
      what: 'is trusted',
      contents: holding(entry(root.der)),
      codes: [],
      evidence: { trusted: true, purposes: ['any'] },
    },
    {
      what: 'is trusted for servers among other purposes',
      contents: holding(entry(root.der, { purposes: ['emailProtection', 'serverAuth'] })),
      codes: [],
      evidence: { trusted: true },
    },
    {
      what: 'is trusted for e-mail only',
      contents: holding(entry(root.der, { purposes: ['emailProtection'] })),
      codes: ['root-not-for-server-auth'],
      evidence: { trusted: false, purposes: ['emailProtection'] },
    },
    {
      what: 'is trusted for e-mail in one entry and for servers in another',
      contents: holding(
        entry(root.der, { purposes: ['emailProtection'] }),
        entry(root.der, { purposes: ['serverAuth'] }),
      ),
      codes: [],
      evidence: { trusted: true },
    },
    {
      what: 'is absent',
      contents: holding(),
      codes: ['root-missing'],
      evidence: { reason: 'absent', trusted: false, certificates: 5 },
    },
    {
      what: 'is absent from an empty store',
      contents: { entries: [], problems: [] },
      codes: ['root-missing'],
      evidence: { reason: 'absent', certificates: 0 },
    },
    {
      what: 'is deselected',
      contents: holding(entry(root.der, { trust: 'deselected', origin: '/usr/share/r1.crt' })),
      codes: ['root-missing'],
      evidence: { reason: 'deselected', origin: '/usr/share/r1.crt' },
    },
    {
      what: 'is deselected and added again',
      contents: holding(entry(root.der, { trust: 'deselected' }), entry(root.der)),
      codes: [],
      evidence: { trusted: true },
    },
    {
      what: 'is distrusted, whatever else trusts it',
      contents: holding(
        entry(root.der),
        entry(root.der, { trust: 'distrusted', origin: '/blocklist/r1.pem' }),
      ),
      codes: ['root-distrusted'],
      evidence: { trusted: false, origin: '/blocklist/r1.pem' },
    },
    {
      what: 'has expired',
      contents: holding(entry(root.der)),
      at: new Date('2028-01-28T00:00:01Z'),
      codes: ['root-expired'],
      evidence: { notAfter: '2028-01-28T00:00:00.000Z' },
    },
    {
      what: 'expires this second',
      contents: holding(entry(root.der)),
      at: new Date('2028-01-28T00:00:00Z'),
      codes: [],
      evidence: { trusted: true },
    },
    {
      what: 'lies in the folder but not in the bundle',
      contents: holding(
        entry(root.der, { missingFrom: [{ part: 'bundle', path: '/roots/all.pem' }] }),
      ),
      codes: ['root-missing'],
      evidence: { reason: 'not-in-bundle' },
    },
    {
      what: 'has no hash link',
      contents: holding(entry(root.der, { missingFrom: [{ part: 'hash-link', path: '/roots' }] })),
      codes: ['root-missing'],
      evidence: { reason: 'hash-link-missing' },
    },
    {
      what: 'is absent, an older certificate of the same key is there',
      contents: holding(entry(stranger.der), entry(older.der, { origin: '/roots/old.pem' })),
      codes: ['root-lookalike'],
      evidence: {
        found: fingerprint256(older.der),
        likeness: 'same-key',
        foundNotAfter: '2014-01-28T00:00:00.000Z',
        origin: '/roots/old.pem',
      },
    },
    {
      what: 'is absent, another key has its name and serial',
      contents: holding(entry(stranger.der)),
      codes: ['root-lookalike'],
      evidence: { found: fingerprint256(stranger.der), likeness: 'other-key' },
    },
    {
      what: 'is absent, another authority has certified it',
      contents: holding(entry(cross.der)),
      codes: ['root-lookalike'],
      evidence: { found: fingerprint256(cross.der), likeness: 'cross-certificate' },
    },
    {
      what: 'is absent, its name is there in other letters',
      contents: holding(entry(respelled.der)),
      codes: ['root-lookalike'],
      evidence: { found: fingerprint256(respelled.der), likeness: 'same-key' },
    },
    {
      what: 'is absent, its name is there in two bytes a letter',
      contents: holding(entry(widened.der)),
      codes: ['root-lookalike'],
      evidence: { found: fingerprint256(widened.der), likeness: 'same-key' },
    },
    {
      what: 'is trusted beside all that looks like it',
      contents: holding(entry(older.der), entry(stranger.der), entry(cross.der), entry(root.der)),
      codes: [],
      evidence: { trusted: true },
    },
    {
      what: 'is absent, what looks like it is distrusted',
      contents: holding(entry(stranger.der, { trust: 'distrusted' })),
      codes: ['root-missing'],
      evidence: { reason: 'absent' },
    },
  ];
  for (const { what, contents, at, codes, evidence } of cases)
    it(what, async () => {
      const judgement = await judgeOne(contents, at);
      assert.deepEqual(
        judgement.findings.map(({ code }) => code),
        codes,
      );
      assert.equal(judgement.unknown, undefined);
      const expected = {
        store: 'openssl-bundle',
        path: '/roots',
        root: 'Example Root',
        sha256: fingerprint256(root.der),
        profile: 'test',
        ...evidence,
      };
      for (const [key, value] of Object.entries(expected)) {
        assert.deepEqual(judgement.evidence[key], value, key);
        for (const finding of judgement.findings)
          assert.deepEqual(finding.evidence[key], value, key);
      }
      for (const finding of judgement.findings) {
        assert.equal(finding.target, 'r1@/roots');
        assert.equal(finding.severity, 'critical');
      }
    });

  it('is told apart from what stands beside it, by fingerprint', async () => {
    const { evidence } = await judgeOne(
      holding(entry(stranger.der), entry(root.der), entry(older.der), entry(cross.der)),
    );
    assert.equal(evidence['sha256'], fingerprint256(root.der));
    const beside = evidence['lookalikes'] as readonly Readonly<Record<string, unknown>>[];
    assert.deepEqual(
      beside.map(({ sha256, likeness }) => [sha256, likeness]),
      [
        [fingerprint256(older.der), 'same-key'],
        [fingerprint256(cross.der), 'cross-certificate'],
        [fingerprint256(stranger.der), 'other-key'],
      ],
    );
  });

  it('is not called absent while an entry could not be read', async () => {
    const judgement = await judgeOne({
      entries: [entry(root.der, { trust: 'distrusted', der: older.der })],
      problems: [{ origin: '/roots/x.pem', problem: 'run certready as root', unreadable: true }],
    });
    assert.deepEqual(judgement.findings, []);
    assert.match(judgement.unknown ?? '', /run certready as root/);
  });

  it('is found beside broken entries, which are told', async () => {
    const problems = [{ origin: '/roots/bad.pem', problem: 'not base64' }];
    const judgement = await judgeOne({ entries: [entry(root.der)], problems });
    assert.deepEqual(judgement.findings, []);
    assert.deepEqual(judgement.evidence['problems'], problems);
  });
});

describe('the trust-store check', () => {
  it('weighs a gap by what mail depends on the store for', async () => {
    const stores = (['unused', 'unknown', 'verifies'] as const).map((mail) =>
      storeOf(holding(), { name: mail, mail }),
    );
    const all = await judgeAll(stores);
    assert.deepEqual(
      [...all].map(([target, { findings }]) => [target, findings[0]?.severity]),
      [
        ['r1@unused', 'warning'],
        ['r1@unknown', 'critical'],
        ['r1@verifies', 'critical'],
      ],
    );
  });

  it('takes a store for other destinations for one that stops none of this mail', async () => {
    const names = ['mail.protection.example.com'];
    const of = { ...profile, peer: { names } };
    const cases: readonly (readonly [destination: string, severity: string])[] = [
      ['mail.protection.example.com', 'critical'],
      ['[contoso-com.mail.protection.example.com]:25', 'critical'],
      ['.EXAMPLE.com', 'critical'],
      ['example.com.', 'critical'],
      ['anotherexample.com', 'warning'],
      ['partner.example', 'warning'],
    ];
    const stores = cases.map(([name]) =>
      storeOf(holding(), { name, mail: 'verifies', destinations: [name] }),
    );
    const severities = (all: ReadonlyMap<string, Judgement>): (string | undefined)[] =>
      [...all.values()].map(({ findings }) => findings[0]?.severity);
    assert.deepEqual(
      severities(await judgeAll(stores, { of })),
      cases.map(([, severity]) => severity),
    );
    const unnamed = severities(await judgeAll(stores));
    assert.deepEqual(new Set(unnamed), new Set(['critical']));
  });

  it('reads each store once for all roots of all profiles', async () => {
    let reads = 0;
    const store = storeOf(holding(), {
      read: () => {
        reads++;
        return Promise.resolve(holding(entry(root.der)));
      },
    });
    const second = others.map(({ der }, n) => ({
      id: `other${n}`,
      name: `Other ${n}`,
      root: true,
      sha256: fingerprint256(der),
    }));
    const all = await judgeAll([store], {
      of: { ...profile, authorities: [...profile.authorities, ...second] },
    });
    assert.equal(all.size, 6);
    assert.equal(reads, 1);
    for (const { findings } of all.values()) assert.deepEqual(findings, []);
  });

  it('says skipped of an absent store while another one is there', async () => {
    const all = await judgeAll([
      storeOf(holding(entry(root.der))),
      storeOf({ absent: 'no Java here' }, { name: 'java' }),
    ]);
    assert.equal(all.get('r1@java')?.skipped, 'no Java here');
    assert.equal(all.get('r1@/roots')?.skipped, undefined);
  });

  it('says unknown of a store that it may not read', async () => {
    const all = await judgeAll([storeOf({ unreadable: '/roots: run certready as root' })]);
    const judgement = all.get('r1@/roots');
    assert.equal(judgement?.unknown, '/roots: run certready as root');
    assert.deepEqual(judgement.findings, []);
  });

  for (const [what, stores] of [
    ['no store is known', []],
    ['every store is absent', [storeOf({ absent: 'nothing installed' })]],
  ] as const)
    it(`is unknown where ${what}`, async () => {
      const all = await judgeAll(stores);
      assert.equal(all.size, 1);
      for (const { unknown, findings } of all.values()) {
        assert.notEqual(unknown, undefined);
        assert.deepEqual(findings, []);
      }
    });

  it('judges one root of the same id and another certificate as another question', async () => {
    const run = createRun(fakeHost({ trustStores: [storeOf(holding())] }), { smtp: [] });
    const twin: Profile = {
      ...profile,
      authorities: [{ id: 'r1', name: 'Twin', root: true, sha256: fingerprint256(stranger.der) }],
    };
    const found = [profile, twin].map((one) => trustStoreCheck.discover(one, run));
    const questions = (await Promise.all(found)).flat();
    assert.equal(new Set(questions.map(({ question }) => question)).size, 2);
  });
});
