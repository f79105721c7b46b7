import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Grant,
  crowdMayChange,
  grants,
  restrictedList,
  serviceMayRead,
  withGrant,
} from '../../../service/windows/access-list.ts';
import { decodeValue, encodeValue } from '../../../service/windows/registry.ts';
import { serviceSid } from '../../../service/windows/service-sid.ts';
import {
  pendingStatus,
  runningStatus,
  stoppedStatus,
} from '../../../service/windows/service-status.ts';
import { type Codec, settingCodecs } from '../../../service/windows/service-settings.ts';
import { lists } from './fake-windows.ts';

const koffi = await import('koffi').then(
  ({ default: module }) => module,
  () => undefined,
);

describe('serviceSid', () => {
  // What `sc showsid` says of two that every Windows has
  for (const [name, sid] of [
    ['TrustedInstaller', 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464'],
    ['trustedinstaller', 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464'],
  ] as const)
    it(name, () => assert.equal(serviceSid(name), sid));
});

describe('SERVICE_STATUS', () => {
  const [stopped, starting, stopping, running] = [1, 2, 3, 4];
  for (const [name, status, state, accepted, code, own, checkPoint, hint] of [
    ['running', runningStatus, running, 0x10d, 0, 0, 0, 0],
    ['starting', pendingStatus('startPending', 1, 9000), starting, 0, 0, 0, 1, 9000],
    ['stopping', pendingStatus('stopPending', 7, 9000), stopping, 0, 0, 0, 7, 9000],
    ['ended', stoppedStatus(0), stopped, 0, 0, 0, 0, 0],
    ['ended with 3', stoppedStatus(3), stopped, 0, 1066, 3, 0, 0],
  ] as const)
    it(name, () =>
      assert.deepEqual(status, {
        dwServiceType: 0x10,
        dwCurrentState: state,
        dwControlsAccepted: accepted,
        dwWin32ExitCode: code,
        dwServiceSpecificExitCode: own,
        dwCheckPoint: checkPoint,
        dwWaitHint: hint,
      }),
    );
});

describe('values of the registry', () => {
  for (const [value, type, hex] of [
    [{ type: 'text', data: 'é' }, 1, 'e9000000'],
    [{ type: 'expandable', data: '%A%' }, 2, '25004100250000' + '00'],
    [{ type: 'number', data: 7 }, 4, '07000000'],
    [{ type: 'texts', data: ['a', 'b'] }, 7, '6100000062000000' + '0000'],
    [{ type: 'texts', data: [] }, 7, '0000'],
  ] as const)
    it(JSON.stringify(value), () => {
      assert.equal(encodeValue(value).toString('hex'), hex);
      assert.deepEqual(decodeValue(type, Buffer.from(hex, 'hex')), value);
    });

  it('are undefined of another type', () =>
    assert.equal(decodeValue(3, Buffer.from('00', 'hex')), undefined));
});

describe('access lists', () => {
  const file: Grant = { sid: 'S-1-5-80-1', rights: 'read', kind: 'file' };
  const folder: Grant = { sid: 'S-1-5-80-1', rights: 'modify', kind: 'folder' };

  it('gain a grant, in the order that Windows wants', () =>
    assert.equal(
      withGrant('D:AI(D;;FW;;;BG)(A;;FA;;;BA)(A;ID;FA;;;SY)', file),
      'D:AI(D;;FW;;;BG)(A;;0x1200a9;;;S-1-5-80-1)(A;;FA;;;BA)(A;ID;FA;;;SY)',
    ));

  it('keep what is not understood', () =>
    assert.equal(
      withGrant('D:P(A;;FA;;;BA)(XA;;FX;;;WD;(@User.Title=="PM"))', file),
      'D:P(A;;0x1200a9;;;S-1-5-80-1)(A;;FA;;;BA)(XA;;FX;;;WD;(@User.Title=="PM"))',
    ));

  it('are not needed where there is none', () => {
    const none = 'D:NO_ACCESS_CONTROL';
    assert.deepEqual(
      [grants(none, folder), serviceMayRead(none, []), crowdMayChange(none)],
      [true, true, true],
    );
  });

  it('have an account but once', () => {
    const once = withGrant(lists.programData, folder);
    assert.equal(withGrant(once, folder), once);
    assert.ok(grants(once, folder));
    assert.ok(!grants(once, { ...folder, rights: 'read' }));
    assert.ok(!grants(withGrant(once, { ...folder, rights: 'read' }), folder));
  });

  it('lose everybody but administrators, the system and services', () =>
    assert.equal(
      restrictedList('D:AI(A;;FR;;;S-1-5-80-2)(A;ID;FR;;;S-1-5-80-3)(A;ID;FA;;;BU)', file),
      'D:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;S-1-5-80-1)(A;;FR;;;S-1-5-80-2)',
    ));

  for (const [name, list, expected] of [
    ['Program Files', lists.programFiles, false],
    ['a folder of the root', lists.root, true],
    ['Downloads', lists.downloads, false],
    ['full access for everyone', 'D:(A;;FA;;;WD)', true],
    ['files to be added', 'D:(A;;0x2;;;BU)', true],
    ['for what is below only', 'D:(A;OICIIO;FA;;;BU)', false],
    ['denied', 'D:(D;;FA;;;BU)', false],
    ['a child may be added by word', 'D:(A;;FRFW;;;AU)', true],
  ] as const)
    it(`may everybody change it: ${name}`, () => assert.equal(crowdMayChange(list), expected));

  for (const [name, list, expected] of [
    ['Program Files', lists.programFiles, true],
    ['Downloads', lists.downloads, false],
    ['its own grant', withGrant(lists.downloads, file), true],
    ['LocalService', 'D:(A;;FR;;;LS)', true],
    ['denied', 'D:(D;;FR;;;LS)', false],
  ] as const)
    it(`may the service read it: ${name}`, () =>
      assert.equal(serviceMayRead(list, [file.sid]), expected));
});

describe('settings of a service', { skip: koffi ? false : 'needs koffi' }, () => {
  if (!koffi) return;
  const roundTrip = <T>({ type, encode, decode }: Codec<T>, value: T): T => {
    const memory: unknown = koffi.alloc(type, 1);
    koffi.encode(memory, type, encode(value));
    return decode(koffi.decode(memory, type) as Record<string, unknown>);
  };
  const { delayedStart, description, recovery, privileges } = settingCodecs(koffi);

  it("come back from Windows' structures", () => {
    for (const flag of [true, false]) assert.equal(roundTrip(delayedStart, flag), flag);
    assert.equal(roundTrip(description, 'Prüfung 試験'), 'Prüfung 試験');
    for (const restartAfterMs of [[60_000, 5, 900_000], []]) {
      const value = { resetAfterS: 86_400, restartAfterMs };
      assert.deepEqual(roundTrip(recovery, value), value);
    }
    for (const names of [['SeChangeNotifyPrivilege', 'SeOther'], []])
      assert.deepEqual(roundTrip(privileges, names), names);
  });
});
