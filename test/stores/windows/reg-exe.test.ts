import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { physicalStores } from '../../../checks/stores/windows/physical-stores.ts';
import { regExe } from '../../../checks/stores/windows/reg-exe.ts';
import { StoreError } from '../../../checks/stores/store-error.ts';
import { makeCa } from '../../helpers/private-ca.ts';
import { blobOf, thumbprint } from './blob-writer.ts';
import { type RegistryKeys, machine, wholeRegistry } from './fake-registry.ts';

const policies = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates';
const enterprise = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\EnterpriseCertificates';
const certificate = (name: string): Uint8Array => makeCa({ name: `O=Example, CN=${name}` }).der;
const one = certificate('One');
const two = certificate('Two');
const three = certificate('Three');

const holding = (store: string, ...ders: readonly Uint8Array[]): RegistryKeys =>
  Object.fromEntries([
    [`${store}\\Certificates`, []],
    ...ders.map((der) => [
      `${store}\\Certificates\\${thumbprint(der)}`,
      [`Blob    REG_BINARY    ${blobOf(der).toString('hex').toUpperCase()}`],
    ]),
  ]) as RegistryKeys;

/** As Windows has it: empty stores are keys as well. */
const usual: RegistryKeys = {
  ...holding(`${machine}\\Root`, one, two),
  ...holding(`${machine}\\AuthRoot`, three),
  [`${machine}\\AuthRoot\\AutoUpdate`]: ['RootDirUrl    REG_SZ    http://lists.example.com'],
  ...holding(`${machine}\\CA`, one),
  [`${machine}\\CA\\CRLs\\${thumbprint(two)}`]: ['Blob    REG_BINARY    00'],
  ...holding(`${machine}\\Disallowed`, two),
  ...holding(`${policies}\\Root`, one),
  ...holding(`${policies}\\Disallowed`),
  ...holding(`${enterprise}\\Root`),
};

const counts = async (run: Parameters<typeof regExe>[0]): Promise<Record<string, number>> => {
  const reader = regExe(run);
  const read = physicalStores.map(
    async (store) => [store.name, (await reader.certificates(store)).length] as const,
  );
  return Object.fromEntries(await Promise.all(read));
};

const expected = {
  'LocalMachine\\Root': 2,
  'LocalMachine\\AuthRoot': 1,
  'GroupPolicy\\Root': 1,
  'Enterprise\\Root': 0,
  'LocalMachine\\Disallowed': 1,
  'GroupPolicy\\Disallowed': 0,
  'Enterprise\\Disallowed': 0,
  'LocalMachine\\CA': 1,
};

describe('the registry by reg.exe', () => {
  it('is read by trees, and what they do not show by itself', async () => {
    const { run, asked } = wholeRegistry(usual);
    assert.deepEqual(await counts(run), expected);
    const trees = asked.filter((question) => question.endsWith('Certificates /s'));
    const single = asked.filter((question) => question.endsWith('\\Certificates /s'));
    assert.equal(trees.length - single.length, 3);
    assert.deepEqual(single.map((question) => question.split('\\').at(-2)).sort(), [
      'Disallowed',
      'Root',
    ]);
    assert.equal(new Set(asked).size, asked.length);
  });

  it('is read store by store where a tree cannot be had', async () => {
    const { run } = wholeRegistry(usual, { failing: [machine, policies] });
    assert.deepEqual(await counts(run), expected);
  });

  it('tells a store that is refused, though its tree leaves it out', async () => {
    for (const refused of [`${machine}\\Disallowed`, `${policies}\\Disallowed\\Certificates`]) {
      const { run } = wholeRegistry(usual, { refused: [refused] });
      await assert.rejects(counts(run), (error) => {
        assert.ok(error instanceof StoreError);
        assert.match(error.message, /Disallowed: .*administrator$/);
        return true;
      });
    }
  });

  it('gives values of a tree that it shows, and of a key by itself', async () => {
    const { run, asked } = wholeRegistry(usual);
    const key = 'HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\AuthRoot\\AutoUpdate';
    const url = { type: 'REG_SZ', data: 'http://lists.example.com' };
    const alone = await regExe(run).values(key, []);
    assert.deepEqual(alone.get('rootdirurl'), url);
    assert.deepEqual(asked, [key]);
    const reader = regExe(run);
    await Promise.all(physicalStores.map((store) => reader.certificates(store)));
    const before = asked.length;
    assert.deepEqual((await reader.values(key, [])).get('rootdirurl'), url);
    assert.equal(asked.length, before);
  });
});
