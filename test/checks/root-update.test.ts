import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createRun } from '../../agent/run/context.ts';
import { fingerprint256 } from '../../checks/pki/certificate.ts';
import { oids } from '../../checks/pki/oids.ts';
import { rootUpdateCheck } from '../../checks/root-update.ts';
import { smtpCheck } from '../../checks/smtp.ts';
import { listPath } from '../../checks/stores/windows/list-folder.ts';
import { trustStoreCheck } from '../../checks/trust-store.ts';
import type {
  Judgement,
  Profile,
  RootUpdateState,
  StoreEntry,
  Task,
  TrustStore,
} from '../../checks/types.ts';
import { type Answer, fakeHost } from '../helpers/fake-host.ts';
import { names, session, shown } from '../helpers/mail-peer.ts';
import { makeCa } from '../helpers/private-ca.ts';
import { generateKey } from '../helpers/signing.ts';
import { fileTime, purposeList } from '../stores/windows/blob-writer.ts';
import {
  type Subject,
  makeListSigner,
  makeTrustList,
} from '../stores/windows/trust-list-writer.ts';

const key = generateKey('p256');
const root = makeCa({ name: 'O=Example, CN=Example Root', key, notAfter: new Date('2028-01-28') });
const { anchor, signer } = makeListSigner();
const at = new Date('2025-06-03T12:00:00Z');
const url = 'http://updates.example.com/list/authrootstl.cab';
const cabinet: Answer = { body: Buffer.from('MSCF and so on') };
const silence: Answer = {
  finding: { code: 'connect-timeout', target: 'updates.example.com:80', evidence: {} },
};

const profile: Profile = {
  id: 'test',
  title: 'Test',
  replaces: [],
  notes: [],
  endpoints: [],
  authorities: [
    { id: 'r1', name: 'Example Root', root: true, sha256: fingerprint256(root.der), der: root.der },
  ],
  crls: [],
  ocsp: [],
};

const listOf = (...subjects: readonly Subject[]): Buffer => makeTrustList({ subjects, signer });
const withRoot = listOf({ der: root.der });

const working: RootUpdateState = {
  url,
  isRedirected: false,
  lastSync: new Date('2025-06-01T00:00:00Z'),
  list: withRoot,
};

interface Case {
  readonly state: RootUpdateState;
  readonly answer?: Answer;
  /** Where the root lies. */
  readonly present?: boolean | StoreEntry;
  /** What else is in the store. */
  readonly beside?: readonly Uint8Array[];
  readonly at?: Date;
}

const mailHost = 'mail.example.com';
const mailServer = root.issue({
  name: `CN=${mailHost}`,
  extensions: [names],
  notAfter: new Date('2029-01-01'),
});

const judge = async ({
  state,
  answer = cabinet,
  present = false,
  beside = [],
  ...times
}: Case): Promise<{ update: Judgement; store: Judgement; mail: Judgement; fetched: number }> => {
  const entry = (der: Uint8Array): StoreEntry => ({ der, trust: 'trusted', origin: 'Root' });
  const store: TrustStore = {
    kind: 'windows',
    name: 'LocalMachine\\Root',
    path: 'LocalMachine\\Root',
    mail: 'unknown',
    updates: { name: 'LocalMachine\\AuthRoot', read: () => Promise.resolve(state) },
    read: () =>
      Promise.resolve({
        entries: [
          ...[anchor.der, ...beside].map(entry),
          ...(present === true ? [entry(root.der)] : present === false ? [] : [present]),
        ],
        problems: [],
      }),
  };
  const host = fakeHost({
    trustStores: [store],
    answers: new Map([[url, answer]]),
    starttls: () => Promise.resolve(shown(session(mailServer))),
  });
  const run = createRun(host, { smtp: [{ host: mailHost, port: 25 }] });
  const judged = async (tasks: readonly Task[]): Promise<Judgement> => {
    const [task] = tasks;
    assert.ok(task);
    const observation = await task.observe(AbortSignal.timeout(60_000));
    return observation.judge(times.at ?? at);
  };
  const [update, ofStore, mail] = await Promise.all([
    rootUpdateCheck.discover(profile, run).then(judged),
    trustStoreCheck.discover(profile, run).then(judged),
    judged(smtpCheck.tasks(profile, run)),
  ]);
  return { update, store: ofStore, mail, fetched: host.fetched.length };
};

/** `ok`, `unknown`, `blocked by …`, or the codes. */
const outcome = ({ findings, unknown, blockedBy }: Judgement): string => {
  if (unknown !== undefined) return 'unknown';
  if (blockedBy) return `blocked by ${blockedBy.join(', ')}`;
  return findings.map(({ code, target }) => `${code}:${target}`).join(', ') || 'ok';
};

/** What a mail host below the root is worth: no more is known of it than of the root. */
const ofMail = (store: string): string =>
  /^(?:ok|unknown|blocked)/.test(store) ? store : `blocked by ${store}`;

const authRoot = 'r1@LocalMachine\\AuthRoot';
const inStore = 'r1@LocalMachine\\Root';

const share = await mkdtemp(join(tmpdir(), 'certready-share-'));
await writeFile(join(share, 'authrootstl.cab'), 'MSCF and so on');
await writeFile(join(share, 'other.cab'), 'something else');
after(() => rm(share, { recursive: true, force: true }));

describe('the path of a list on a file server', () => {
  for (const [written, path] of [
    ['file://\\\\files\\roots/authrootstl.cab', '\\\\files\\roots\\authrootstl.cab'],
    ['file://files/roots/authrootstl.cab', '\\\\files\\roots\\authrootstl.cab'],
    ['\\\\files\\roots/authrootstl.cab', '\\\\files\\roots\\authrootstl.cab'],
    ['file:///C:/roots/authrootstl.cab', 'C:\\roots\\authrootstl.cab'],
    ['D:\\roots/authrootstl.cab', 'D:\\roots\\authrootstl.cab'],
  ] as const)
    it(written, () => {
      assert.equal(listPath(written, 'win32'), path);
    });
});

describe("Windows' automatic root update", () => {
  const cases: Readonly<
    Record<string, Case & { update: string; store: string; mail?: string; fetches?: number }>
  > = {
    'is not needed for a root that is there': {
      state: { ...working, disabledBy: 'policy' },
      present: true,
      update: 'ok',
      store: 'ok',
      fetches: 0,
    },
    'brings a root that lies among the intermediates': {
      state: working,
      present: {
        der: root.der,
        trust: 'trusted',
        origin: 'CA',
        missingFrom: [{ part: 'anchors', path: 'Root' }],
      },
      update: 'ok',
      store: 'ok',
      fetches: 1,
    },
    'brings no root that is disallowed': {
      state: working,
      present: { der: root.der, trust: 'distrusted', origin: 'Disallowed' },
      update: 'ok',
      store: `root-distrusted:${inStore}`,
      fetches: 0,
    },
    'brings a root beside another that calls itself the same': {
      state: working,
      beside: [makeCa({ name: root.name }).der],
      update: 'ok',
      store: 'ok',
      fetches: 1,
    },
    'may bring a root beside another that calls itself the same': {
      state: { url, isRedirected: false },
      beside: [makeCa({ name: root.name }).der],
      update: 'unknown',
      store: `root-lookalike:${inStore}`,
    },
    'does not bring a root beside another certificate of its key': {
      state: working,
      beside: [makeCa({ name: root.name, key }).der],
      update: 'ok',
      store: `root-lookalike:${inStore}`,
      mail: 'ok', // that one anchors the chain
    },
    'brings a root that is on the list': { state: working, update: 'ok', store: 'ok', fetches: 1 },
    'is switched off, and the root is not there': {
      state: { ...working, disabledBy: 'policy' },
      update: `root-update-disabled:${authRoot}`,
      store: `root-missing:${inStore}`,
      fetches: 0,
    },
    'cannot reach its list': {
      state: working,
      answer: silence,
      update: 'connect-timeout:updates.example.com:80',
      store: 'blocked by connect-timeout:updates.example.com:80',
    },
    'gets something else than the list': {
      state: working,
      answer: { body: Buffer.from('hello') },
      update: `unexpected-content:${url}`,
      store: `blocked by unexpected-content:${url}`,
    },
    'has a list without the root': {
      state: { ...working, list: listOf({ der: anchor.der }) },
      update: 'ok',
      store: `root-missing:${inStore}`,
      fetches: 0,
    },
    'has a list with another root of the same SHA-1': {
      state: { ...working, list: listOf({ der: root.der, sha256: Buffer.alloc(32) }) },
      update: 'ok',
      store: `root-missing:${inStore}`,
    },
    'has a list that trusts the root for e-mail only': {
      state: {
        ...working,
        list: listOf({
          der: root.der,
          properties: { purposes: purposeList(oids.emailProtection) },
        }),
      },
      update: 'ok',
      store: `root-not-for-server-auth:${inStore}`,
    },
    'has a list that distrusts later certificates of the root': {
      state: {
        ...working,
        list: listOf({
          der: root.der,
          properties: { notBefore: fileTime(new Date('2024-01-01')) },
        }),
      },
      update: 'ok',
      store: `root-not-for-server-auth:${inStore}`,
    },
    'has a list that disallows the root': {
      state: {
        ...working,
        list: listOf({
          der: root.der,
          properties: { disallowedSince: fileTime(new Date('2024-01-01')) },
        }),
      },
      update: 'ok',
      store: `root-distrusted:${inStore}`,
    },
    'has never fetched a list': {
      state: { url, isRedirected: false },
      update: 'unknown',
      store: 'unknown',
    },
    'has a list that somebody else signed': {
      state: {
        ...working,
        list: makeTrustList({ subjects: [{ der: root.der }], signer: makeListSigner().signer }),
      },
      update: 'unknown',
      store: 'unknown',
    },
    'has a list that is none': {
      state: { ...working, list: Buffer.from('no list') },
      update: 'unknown',
      store: 'unknown',
    },
    'cannot be looked at': {
      state: { unreadable: 'run certready as an administrator' },
      update: 'unknown',
      store: 'unknown',
    },
    'takes its list from a file server': {
      state: { ...working, url: '\\\\files\\roots/authrootstl.cab', isRedirected: true },
      update: 'unknown',
      store: 'unknown',
      fetches: 0,
    },
    'takes its list from a file server that has it': {
      state: { ...working, url: `${share}/authrootstl.cab`, isRedirected: true },
      update: 'ok',
      store: 'ok',
      fetches: 0,
    },
    'takes its list from a file server that has something else': {
      state: { ...working, url: `file://${share}/other.cab`, isRedirected: true },
      update: 'unknown',
      store: 'unknown',
    },
    'has not looked for a list for long': {
      state: { ...working, lastSync: new Date('2025-05-01T00:00:00Z') },
      update: `root-update-stale:${authRoot}`,
      store: 'ok',
    },
    'has not looked for long, and the root is there': {
      state: { ...working, lastSync: new Date('2025-05-01T00:00:00Z') },
      present: true,
      update: `root-update-stale:${authRoot}`,
      store: 'ok',
    },
    'would bring a root that has expired': {
      state: { ...working, lastSync: new Date('2028-01-28T00:00:00Z') },
      at: new Date('2028-02-01T00:00:00Z'),
      update: 'ok',
      store: `root-expired:${inStore}`,
    },
  };
  for (const [what, { update, store, mail, fetches, ...given }] of Object.entries(cases))
    it(what, async () => {
      const judged = await judge(given);
      assert.equal(outcome(judged.update), update);
      assert.equal(outcome(judged.store), store);
      assert.equal(outcome(judged.mail), mail ?? ofMail(store));
      if (fetches !== undefined) assert.equal(judged.fetched, fetches);
    });

  it('is the cause of the missing root that it names', async () => {
    const { store, update } = await judge({ state: { ...working, disabledBy: 'a policy' } });
    assert.equal(store.findings[0]?.evidence['cause'], 'root-update-disabled');
    assert.equal(update.findings[0]?.evidence['disabledBy'], 'a policy');
  });

  it('says so of a root that will come', async () => {
    const { store, update } = await judge({ state: working });
    assert.equal(store.evidence['reason'], 'on-demand');
    assert.equal(store.evidence['trusted'], true);
    assert.equal(update.evidence['onDemand'], 'fetched-on-use');
    assert.equal(update.evidence['lastSync'], '2025-06-01T00:00:00.000Z');
  });
});
