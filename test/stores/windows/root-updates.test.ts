import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { machineRootUpdates } from '../../../checks/stores/windows/root-updates.ts';
import type { RootUpdateState } from '../../../checks/types.ts';
import { fileTime } from './blob-writer.ts';
import { machine, wholeRegistry } from './fake-registry.ts';

const updateKey = `${machine}\\AuthRoot\\AutoUpdate`;
const policyKey = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\AuthRoot';
const { signal } = new AbortController();

const stateWith = (
  lines: Readonly<Record<string, readonly string[]>>,
  refused: readonly string[] = [],
): Promise<RootUpdateState> =>
  machineRootUpdates(wholeRegistry({ [machine]: [], ...lines }, { refused }).run).read(signal);

const disabledBy = (state: RootUpdateState): string | undefined =>
  state.unreadable ?? state.disabledBy;

// On Windows itself its own functions answer
describe('what Windows says of its root update', { skip: process.platform === 'win32' }, () => {
  for (const [value, isOff] of [
    ['0x0', false],
    ['0x1', true],
    ['0x2', true],
  ] as const)
    it(`DisableRootAutoUpdate ${value}`, async () => {
      const state = await stateWith({
        [policyKey]: [`DisableRootAutoUpdate    REG_DWORD    ${value}`],
      });
      assert.equal(disabledBy(state)?.endsWith('\\DisableRootAutoUpdate') ?? false, isOff);
    });

  for (const [lines, url, isRedirected] of [
    [
      [],
      'http://ctldl.windowsupdate.com/msdownload/update/v3/static/trustedr/en/authrootstl.cab',
      false,
    ],
    [
      ['RootDirUrl    REG_SZ    http://lists.example.com/roots/'],
      'http://lists.example.com/roots/authrootstl.cab',
      true,
    ],
    [
      ['RootDirUrl    REG_SZ    file://\\\\files\\roots'],
      'file://\\\\files\\roots/authrootstl.cab',
      true,
    ],
  ] as const)
    it(`takes its list from ${url}`, async () => {
      const state = await stateWith({ [updateKey]: lines });
      assert.deepEqual(state, { url, isRedirected });
    });

  for (const [what, hex, lastSync] of [
    [
      'a time',
      fileTime(new Date('2025-06-01T00:00:00Z')).toString('hex'),
      '2025-06-01T00:00:00.000Z',
    ],
    ['no time', '0'.repeat(16), undefined],
    ['something else', 'FFFF', undefined],
  ] as const)
    it(`looked for a list last at ${what}`, async () => {
      const state = await stateWith({ [updateKey]: [`LastSyncTime    REG_BINARY    ${hex}`] });
      assert.equal('url' in state ? state.lastSync?.toISOString() : 'unreadable', lastSync);
    });

  it('is unknown where the policy is refused', async () => {
    assert.match(disabledBy(await stateWith({}, [policyKey])) ?? '', /AuthRoot: .*administrator$/);
  });
});
