import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRun } from '../../agent/run/context.ts';
import { smtpCheck } from '../../checks/smtp.ts';
import type {
  ExpectedPeer,
  Finding,
  GapCode,
  Profile,
  StarttlsResult,
  TrustStore,
} from '../../checks/types.ts';
import { fakeHost } from '../helpers/fake-host.ts';
import {
  mailHost,
  root,
  oldRoot,
  thirdRoot,
  ca,
  leafUnder,
  leaf,
  session,
  shown,
  storeOf,
  profile,
  ask,
  codes,
  thirdCa,
} from '../helpers/mail-peer.ts';

describe('a root that this host does not trust', () => {
  it('is the trust store’s gap, which blocks this check', async () => {
    const judgement = await ask(session(leaf, ca), { stores: [storeOf([oldRoot])] });
    assert.deepEqual(judgement.findings, []);
    assert.deepEqual(judgement.blockedBy, ['root-missing:root@/etc/ssl/certs']);
  });

  it('is named as the trust store names it', async () => {
    const entry = { purposes: ['emailProtection'] };
    const judgement = await ask(session(leaf, ca), { stores: [storeOf([root], { entry })] });
    assert.deepEqual(judgement.blockedBy, ['root-not-for-server-auth:root@/etc/ssl/certs']);
  });

  it('is not found by all who read the store: the trust store’s gap too', async () => {
    const entry = { missingFrom: [{ part: 'store', path: '/etc/ssl/certs' }] } as const;
    const judgement = await ask(session(leaf, ca), { stores: [storeOf([root], { entry })] });
    assert.deepEqual(judgement.blockedBy, ['root-missing:root@/etc/ssl/certs']);
    assert.deepEqual(judgement.findings, []);
  });

  it('has ended: the trust store’s gap too', async () => {
    const at = new Date('2041-01-01T00:00:00Z');
    const later = { notAfter: new Date('2050-01-01T00:00:00Z') };
    const young = root.issue({ name: 'CN=Young', ca: true, ...later });
    const judgement = await ask(session(leafUnder(young, later), young), { at });
    assert.deepEqual(judgement.blockedBy, ['root-expired:root@/etc/ssl/certs']);
    assert.deepEqual(judgement.findings, []);
  });

  it('is of no account in a store that nothing verifies mail with', async () => {
    const stores = [storeOf([root]), storeOf([], { mail: 'unused', name: '/opt/java' })];
    assert.deepEqual(codes(await ask(session(leaf, ca), { stores })), []);
  });

  it('still has its other faults told', async () => {
    const other = leafUnder(ca, { name: 'O=Contoso, CN=x' });
    const judgement = await ask(session(other, ca), { stores: [storeOf([])] });
    assert.deepEqual(codes(judgement), ['organization-mismatch']);
    assert.deepEqual(judgement.blockedBy, ['root-missing:root@/etc/ssl/certs']);
  });

  it('is unknown where no store can be read', async () => {
    const locked: TrustStore = {
      ...storeOf([]),
      read: () => Promise.resolve({ unreadable: 'EACCES' }),
    };
    for (const stores of [[], [locked]]) {
      const judgement = await ask(session(leaf, ca), { stores });
      assert.deepEqual(judgement.findings, []);
      assert.notEqual(judgement.unknown, undefined);
    }
  });
});

describe('how grave it is', () => {
  const mails: readonly [TrustStore['mail'], Finding['severity'] | undefined][] = [
    ['verifies', undefined],
    ['unknown', undefined],
    ['unused', 'warning'],
  ];
  for (const [mail, severity] of mails)
    it(`where the store is ${mail}: ${severity ?? 'as the code says'}`, async () => {
      const other = leafUnder(ca, { extensions: [] });
      const judgement = await ask(session(other, ca), { stores: [storeOf([root], { mail })] });
      assert.deepEqual(codes(judgement), ['name-mismatch']);
      assert.equal(judgement.findings[0]?.severity, severity);
    });

  it('a third root that is known and not trusted only warns where nothing verifies', async () => {
    const stores = [storeOf([root], { mail: 'unused' })];
    const asked = { stores, knownRoots: [thirdRoot] };
    const judgement = await ask(session(leafUnder(thirdCa), thirdCa), asked);
    assert.equal(judgement.findings[0]?.severity, 'warning');
  });
});

describe('a dialogue that fails', () => {
  const failing = (code: GapCode, evidence: Finding['evidence'] = {}): StarttlsResult => ({
    stages: [],
    findings: [{ code, target: `${mailHost}:25`, evidence }],
    addresses: [{ address: '192.0.2.25', family: 4, ms: 1 }],
  });
  const cases: readonly [
    code: GapCode,
    evidence: Finding['evidence'],
    expected: GapCode,
    owner: Finding['owner'],
  ][] = [
    ['connect-timeout', {}, 'connect-timeout', undefined],
    ['starttls-stripped', {}, 'starttls-stripped', undefined],
    ['connection-reset', {}, 'connection-reset', undefined],
    ['smtp-rejected', {}, 'smtp-rejected', 'peer'],
    ['starttls-missing', {}, 'starttls-missing', 'peer'],
    ['tls-handshake-failed', { alert: 40 }, 'tls-handshake-failed', 'peer'],
    ['tls-handshake-failed', { protocol: 'TLSv1.2' }, 'tls-handshake-failed', 'peer'],
    ['tls-handshake-failed', { protocol: 'TLSv1' }, 'tls-version-too-low', 'peer'],
    ['tls-version-too-low', { alert: 70 }, 'tls-version-too-low', 'peer'],
  ];
  for (const [code, evidence, expected, owner] of cases)
    it(`${code} ${JSON.stringify(evidence)}: ${expected}`, async () => {
      const judgement = await ask(undefined, { result: failing(code, evidence) });
      assert.deepEqual(codes(judgement), [expected]);
      assert.equal(judgement.findings[0]?.owner, owner);
      assert.equal(judgement.findings[0]?.target, `${mailHost}:25`);
      assert.deepEqual(judgement.evidence['addresses'], ['192.0.2.25']);
    });

  it('without a word of why is unknown', async () => {
    const judgement = await ask(undefined, { result: { ...failing('http-status'), findings: [] } });
    assert.notEqual(judgement.unknown, undefined);
  });
});

describe('several profiles', () => {
  it('share one connection, and one check where they expect the same', async () => {
    let connections = 0;
    const starttls = () => {
      connections++;
      return Promise.resolve(shown(session(leaf, ca)));
    };
    const run = createRun(fakeHost({ trustStores: [storeOf([root])], starttls }), {
      smtp: [{ host: mailHost, port: 25 }],
    });
    const other = { ...profile, id: 'other', replaces: [] };
    const tasks = [profile, { ...profile, id: 'same' }, other].flatMap((each) =>
      smtpCheck.tasks(each, run),
    );
    const { signal } = new AbortController();
    await Promise.all(tasks.map((task) => task.observe(signal)));
    assert.equal(connections, 1);
    assert.equal(tasks[0]?.question, tasks[1]?.question);
    assert.notEqual(tasks[0]?.question, tasks[2]?.question);
  });

  it('without a mail host ask nothing', () => {
    const run = createRun(fakeHost(), { smtp: [] });
    assert.deepEqual(smtpCheck.tasks(profile, run), []);
  });

  it('without expectations still judge trust, time and the host’s own name', async () => {
    const plain: Profile = { ...profile };
    delete (plain as { peer?: ExpectedPeer }).peer;
    assert.deepEqual(codes(await ask(session(leaf, ca), { profile: plain })), []);
    const asked = { profile: plain, host: 'relay.example.net' };
    assert.deepEqual(codes(await ask(session(leaf, ca), asked)), ['name-mismatch']);
    assert.deepEqual(
      codes(await ask(session(leaf, ca), { profile: plain, host: '192.0.2.25' })),
      [],
    );
  });
});
