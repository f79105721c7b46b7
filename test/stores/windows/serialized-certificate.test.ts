import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fingerprint256 } from '../../../checks/pki/certificate.ts';
import { oids } from '../../../checks/pki/oids.ts';
import { machineStore } from '../../../checks/stores/windows/machine-store.ts';
import { regExe } from '../../../checks/stores/windows/reg-exe.ts';
import { physicalStores } from '../../../checks/stores/windows/physical-stores.ts';
import { readSerialized, trustOf } from '../../../checks/stores/windows/serialized-certificate.ts';
import type { TrustStore } from '../../../checks/types.ts';
import { makeCa } from '../../helpers/private-ca.ts';
import { readEntries, readStore, verdictIn } from '../read-store.ts';
import { blobOf, fileTime, purposeList, thumbprint } from './blob-writer.ts';
import { listing, machine, registry } from './fake-registry.ts';

const r1 = makeCa({ name: 'O=Example, CN=Example Root R1' });
const other = makeCa({ name: 'O=Example, CN=Other Root' });
const since = fileTime(new Date('2025-01-01T00:00:00Z'));

describe('a certificate with properties', () => {
  const mail = purposeList(oids.emailProtection);
  const servers = purposeList(oids.serverAuth);
  const cases: readonly (readonly [
    what: string,
    properties: Parameters<typeof blobOf>[1],
    trust: string,
    forServers: boolean,
  ])[] = [
    ['none', {}, 'trusted', true],
    ['a name', { friendlyName: Buffer.from('R1\0', 'utf16le') }, 'trusted', true],
    [
      'purposes with servers',
      { purposes: purposeList(oids.emailProtection, oids.serverAuth) },
      'trusted',
      true,
    ],
    ['purposes without servers', { purposes: mail }, 'trusted', false],
    ['an empty list of purposes', { purposes: purposeList() }, 'trusted', false],
    ['disallowed', { disallowedSince: since }, 'distrusted', false],
    ['disallowed as an authority', { disallowedCaSince: since }, 'distrusted', false],
    [
      'disallowed for servers',
      { disallowedSince: since, disallowedPurposes: servers },
      'trusted',
      false,
    ],
    [
      'disallowed for e-mail',
      { disallowedSince: since, disallowedPurposes: mail },
      'trusted',
      true,
    ],
    ['distrusted for later certificates', { notBefore: since }, 'trusted', false],
    [
      'distrusted for later certificates of servers',
      { notBefore: since, notBeforePurposes: servers },
      'trusted',
      false,
    ],
    [
      'distrusted for later certificates of e-mail',
      { notBefore: since, notBeforePurposes: mail },
      'trusted',
      true,
    ],
  ];
  for (const [what, properties, trust, forServers] of cases)
    it(`is read: ${what}`, () => {
      const read = readSerialized(blobOf(r1.der, properties));
      assert.deepEqual(read.der, r1.der);
      const entry = trustOf(read.properties);
      assert.equal(entry.trust, trust);
      if (trust === 'trusted')
        assert.equal(entry.purposes?.includes('serverAuth') ?? true, forServers);
    });

  for (const [what, blob] of [
    ['nothing', Buffer.alloc(0)],
    ['half a header', Buffer.alloc(7)],
    ['a property that runs past the end', blobOf(r1.der).subarray(0, -1)],
    ['no certificate', blobOf(r1.der).subarray(12 + r1.der.length)],
    ['purposes that are none', blobOf(r1.der, { purposes: Buffer.from('zz') })],
  ] as const)
    it(`is refused: ${what}`, () => {
      assert.throws(() => trustOf(readSerialized(blob).properties), { name: 'BlobError' });
    });

  it("is GlobalSign's R1 as Windows exported it", async (t) => {
    const url = new URL(
      '../../../../shared/data/windows/globalsign-r1-element-of-roots.sst.bin',
      import.meta.url,
    );
    const blob = await readFile(url).catch(() => undefined);
    if (blob === undefined) {
      t.skip('needs the shared data');
      return;
    }
    const { der, properties } = readSerialized(blob);
    assert.equal(
      fingerprint256(der),
      'EBD41040E4BB3EC742C9E381D31EF2A41A48B6685C96E7CEF3C1DF6CD4331C99',
    );
    assert.ok(trustOf(properties).purposes?.includes('serverAuth'));
  });
});

const storeWith = (
  stores: Readonly<Record<string, readonly (readonly [string, Buffer])[]>>,
  refused: readonly string[] = [],
): TrustStore =>
  machineStore(
    registry(
      Object.fromEntries(
        Object.entries(stores).map(([store, blobs]) => [
          `${machine}\\${store}\\Certificates`,
          listing(store, ...blobs),
        ]),
      ),
      refused,
    ),
  );

const entry = (der: Uint8Array, properties = {}): readonly [string, Buffer] => [
  thumbprint(der),
  blobOf(der, properties),
];

// On Windows itself crypt32 answers, and the registry is not asked
describe("the machine's store by the registry", { skip: process.platform === 'win32' }, () => {
  const root = entry(r1.der);
  const filler = entry(other.der);
  const cases: readonly (readonly [string, Parameters<typeof storeWith>[0], string])[] = [
    ['in Root', { Root: [root, filler] }, 'ok'],
    ['in AuthRoot', { Root: [filler], AuthRoot: [root] }, 'ok'],
    ['nowhere', { Root: [filler] }, 'root-missing absent'],
    ['disallowed', { Root: [root], Disallowed: [root] }, 'root-distrusted'],
    [
      'disallowed, with a property that makes no sense',
      { Root: [root], Disallowed: [entry(r1.der, { purposes: Buffer.from('zz') })] },
      'root-distrusted',
    ],
    [
      'under the thumbprint of another',
      { Root: [filler], AuthRoot: [[thumbprint(other.der), blobOf(r1.der)]] },
      'root-missing absent',
    ],
    [
      'with the thumbprint of another',
      { Root: [filler], AuthRoot: [entry(r1.der, { sha1: Buffer.alloc(20) })] },
      'root-missing absent',
    ],
    ['among intermediates', { Root: [filler], CA: [root] }, 'root-missing among-intermediates'],
    ['in Root and among intermediates', { Root: [root], CA: [root] }, 'ok'],
    [
      'not for servers',
      {
        Root: [filler],
        AuthRoot: [entry(r1.der, { purposes: purposeList(oids.emailProtection) })],
      },
      'root-not-for-server-auth',
    ],
  ];
  for (const [what, stores, expected] of cases)
    it(`has a root: ${what}`, async () => {
      assert.equal(await verdictIn(storeWith(stores), r1.der), expected);
    });

  it('tells a broken entry and reads the others', async () => {
    const damaged = entry(other.der.subarray(0, -1));
    for (const broken of [[thumbprint(other.der), Buffer.alloc(9)] as const, damaged]) {
      const store = storeWith({ Root: [broken, root] });
      assert.equal(await verdictIn(store, r1.der), 'ok');
      assert.equal((await readEntries(store)).problems.length, 1);
    }
  });

  it('is unknown when it shows nothing', async () => {
    assert.ok('unreadable' in (await readStore(storeWith({ Root: [] }))));
  });

  it('is unknown when a part of it is refused', async () => {
    const contents = await readStore(
      storeWith({ Root: [root] }, [`${machine}\\Disallowed\\Certificates`]),
    );
    assert.match('unreadable' in contents ? contents.unreadable : '', /as an administrator/);
  });

  it('is unknown without reg.exe', async () => {
    const store = machineStore(() => Promise.resolve({ absent: true }));
    assert.ok('unreadable' in (await readStore(store)));
  });

  it('keeps the origin of each certificate', async () => {
    const store = physicalStores.find(({ name }) => name === 'LocalMachine\\AuthRoot');
    assert.ok(store);
    const run = registry({ [`${machine}\\AuthRoot\\Certificates`]: listing('AuthRoot', root) });
    assert.deepEqual(
      (await regExe(run).certificates(store)).map(({ origin }) => origin),
      [`LocalMachine\\AuthRoot#${thumbprint(r1.der)}`],
    );
  });
});
