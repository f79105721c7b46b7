import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { parseCertificate } from '../../../checks/pki/certificate.ts';
import type { RunCommand } from '../../../checks/stores/commands.ts';
import { machineStore } from '../../../checks/stores/windows/machine-store.ts';
import { machineRootUpdates } from '../../../checks/stores/windows/root-updates.ts';
import { makeCa } from '../../helpers/private-ca.ts';
import { readEntries, readStore, verdictIn } from '../read-store.ts';
import { blobOf, thumbprint } from './blob-writer.ts';
import { listing, machine, registry, values } from './fake-registry.ts';
import {
  disallowedHash,
  disallowedList,
  makeListSigner,
  makeTrustList,
  rootListSigner,
} from './trust-list-writer.ts';

const r1 = makeCa({ name: 'O=Example, CN=Example Root R1' });
const other = makeCa({ name: 'O=Example, CN=Other Root' });
const { anchor, signer } = makeListSigner([disallowedList]);
const stranger = makeListSigner([disallowedList]);
const { tbs, publicKeyBits } = parseCertificate(r1.der);
const digest = (algorithm: string, bytes: Uint8Array): Buffer => hash(algorithm, bytes, 'buffer');

const updateKey = `${machine}\\AuthRoot\\AutoUpdate`;
const protectedRoots =
  'HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\Root\\ProtectedRoots';

interface Machine {
  readonly root?: readonly Uint8Array[];
  readonly authRoot?: readonly Uint8Array[];
  readonly list?: Buffer;
  readonly flags?: string;
  readonly refused?: readonly string[];
}

const machineWith = ({ root = [], authRoot = [], list, flags, refused }: Machine): RunCommand => {
  const store = (name: string, ders: readonly Uint8Array[]): Record<string, string> => ({
    [`${machine}\\${name}\\Certificates`]: listing(
      name,
      ...ders.map((der) => [thumbprint(der), blobOf(der)] as const),
    ),
  });
  const keys = {
    ...store('Root', [other.der, anchor.der, ...root]),
    ...store('AuthRoot', authRoot),
    ...(list && { [updateKey]: values(updateKey, { DisallowedCertEncodedCtl: list }) }),
    ...(flags !== undefined && {
      [protectedRoots]: `\r\n${protectedRoots}\r\n    Flags    REG_DWORD    ${flags}\r\n`,
    }),
  };
  return registry(keys, refused);
};

const listOf = (
  identifier: Buffer,
  options: Partial<Parameters<typeof makeTrustList>[0]> = {},
): Buffer =>
  makeTrustList({
    subjects: [{ der: r1.der, identifier }],
    signer,
    usage: disallowedList,
    identifiedBy: disallowedHash,
    ...options,
  });

const skip = process.platform === 'win32'; // crypt32 answers there, and the registry is not asked

describe("Microsoft's list of disallowed certificates", { skip }, () => {
  const cases: readonly (readonly [what: string, list: Buffer, verdict: string])[] = [
    ['by the MD5 of its key', listOf(digest('md5', publicKeyBits)), 'root-distrusted'],
    ['by the SHA-256 of what is signed', listOf(digest('sha256', tbs)), 'root-distrusted'],
    ['by the MD5 of what is signed', listOf(digest('md5', tbs)), 'root-distrusted'],
    [
      'by the SHA-1 of the whole',
      listOf(digest('sha1', r1.der), { identifiedBy: '1.3.14.3.2.26' }),
      'root-distrusted',
    ],
    ['not at all', listOf(digest('sha256', other.der)), 'ok'],
    ['in a list of nobody known', listOf(digest('md5', tbs), { signer: stranger.signer }), 'ok'],
    [
      'in a list that was changed',
      listOf(digest('md5', tbs), {
        tamper: (bytes) => Buffer.from(bytes).fill((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1),
      }),
      'ok',
    ],
    ['in a list of no subjects', listOf(digest('md5', tbs), { subjects: [] }), 'ok'],
    ['in bytes that are no list', Buffer.from('3003020100', 'hex'), 'ok'],
  ];
  for (const [what, list, verdict] of cases)
    it(`names a root ${what}`, async () => {
      const store = machineStore(machineWith({ root: [r1.der], list }));
      assert.equal(await verdictIn(store, r1.der), verdict);
      const { problems } = await readEntries(store);
      const isTold = /nobody|changed|no list/.test(what);
      assert.equal(problems.length, isTold ? 1 : 0, JSON.stringify(problems));
    });

  it('may be signed by who signs lists of roots', async () => {
    const roots = makeListSigner([rootListSigner]);
    const list = listOf(digest('md5', tbs), { signer: roots.signer });
    const run = machineWith({ root: [r1.der, roots.anchor.der], list });
    assert.equal(await verdictIn(machineStore(run), r1.der), 'root-distrusted');
  });
});

describe('the policy that trusts Enterprise roots only', { skip }, () => {
  const cases: readonly (readonly [what: string, machine: Machine, verdict: string])[] = [
    ['in AuthRoot alone', { authRoot: [r1.der], flags: '0x8' }, 'root-distrusted'],
    ['in AuthRoot, among other flags', { authRoot: [r1.der], flags: '0x29' }, 'root-distrusted'],
    ['in AuthRoot, by other flags', { authRoot: [r1.der], flags: '0x20' }, 'ok'],
    ['in AuthRoot and in Root', { root: [r1.der], authRoot: [r1.der], flags: '0x8' }, 'ok'],
    ['in Root alone', { root: [r1.der], flags: '0x8' }, 'ok'],
    ['nowhere', { flags: '0x8' }, 'root-missing absent'],
  ];
  for (const [what, settings, verdict] of cases)
    it(`decides on a root ${what}`, async () => {
      assert.equal(await verdictIn(machineStore(machineWith(settings)), r1.der), verdict);
    });

  it('makes the automatic update useless', async () => {
    const { signal } = new AbortController();
    const state = await machineRootUpdates(machineWith({ flags: '0x8' })).read(signal);
    assert.match('disabledBy' in state ? (state.disabledBy ?? '') : '', /ProtectedRoots.Flags$/);
  });

  it('leaves nothing known where it, or the list, is refused', async () => {
    for (const refused of [protectedRoots, updateKey]) {
      const contents = await readStore(
        machineStore(machineWith({ root: [r1.der], refused: [refused] })),
      );
      assert.match('unreadable' in contents ? contents.unreadable : '', /administrator/);
    }
  });
});
