import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { oids } from '../../../checks/pki/oids.ts';
import { makeCa } from '../../helpers/private-ca.ts';
import { type Wine, lackingWine, startWine } from '../../helpers/wine.ts';
import { lay } from '../read-store.ts';
import { blobOf, fileTime, purposeList, thumbprint } from './blob-writer.ts';

const present = makeCa({ name: 'O=Example, CN=Present' });
const authRoot = makeCa({ name: 'O=Example, CN=In AuthRoot' });
const disallowed = makeCa({ name: 'O=Example, CN=Disallowed' });
const intermediate = makeCa({ name: 'O=Example, CN=Among Intermediates' });
const mailOnly = makeCa({ name: 'O=Example, CN=Mail Only' });
const ended = makeCa({ name: 'O=Example, CN=Ended' });
const policy = makeCa({ name: 'O=Example, CN=By Policy' });
const absent = makeCa({ name: 'O=Example, CN=Absent' });

const machine = 'HKLM\\SOFTWARE\\Microsoft\\SystemCertificates';
const policies = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates';

const verdicts = (roots: Readonly<Record<string, Uint8Array>>): string => `
  import { commandRunner } from './checks/stores/commands.ts';
  import { fingerprint256 } from './checks/pki/certificate.ts';
  import { indexStore, judgeRoot } from './checks/stores/root-in-store.ts';
  import { discoverTrustStores } from './checks/stores/index.ts';
  const [store] = await discoverTrustStores({ platform: process.platform, env: process.env });
  const started = performance.now();
  const contents = await store.read(AbortSignal.timeout(20000));
  const ms = performance.now() - started;
  const roots = ${JSON.stringify(Object.fromEntries(Object.entries(roots).map(([name, der]) => [name, Buffer.from(der).toString('base64')])))};
  const index = contents.entries && indexStore(contents);
  const verdicts = {};
  for (const [name, base64] of Object.entries(roots)) {
    const der = Buffer.from(base64, 'base64');
    const judged = index && judgeRoot(index, { sha256: fingerprint256(der), der }, new Date('2025-06-03'));
    const fault = judged?.faults[0];
    verdicts[name] = judged ? (fault ? [fault.code, fault.evidence.reason].filter(Boolean).join(' ') : 'ok') : contents;
  }
  console.log(JSON.stringify({ name: store.name, kind: store.kind, ms, count: contents.entries?.length, verdicts }));
`;

interface Answer {
  readonly name: string;
  readonly kind: string;
  readonly ms: number;
  readonly count: number;
  readonly verdicts: Readonly<Record<string, string>>;
}

describe("Windows' own stores", { skip: await lackingWine() }, () => {
  let wine: Wine;
  let roots = '';
  before(async () => {
    roots = await mkdtemp(join(tmpdir(), 'certready-roots-'));
    const pems = [present, disallowed].map(({ pem }) => pem);
    await lay(roots, { 'ca-certificates.crt': pems.join('') });
    wine = await startWine(roots);
    const add = (key: string, der: Uint8Array, properties = {}): Promise<string> =>
      wine.windows(
        'reg',
        ...['add', `${key}\\Certificates\\${thumbprint(der)}`, '/v', 'Blob', '/t', 'REG_BINARY'],
        ...['/d', blobOf(der, properties).toString('hex'), '/f'],
      );
    await add(`${machine}\\AuthRoot`, authRoot.der);
    await add(`${machine}\\Disallowed`, disallowed.der);
    await add(`${machine}\\CA`, intermediate.der);
    await add(`${machine}\\AuthRoot`, mailOnly.der, {
      purposes: purposeList(oids.emailProtection),
    });
    await add(`${machine}\\AuthRoot`, ended.der, { disallowedSince: fileTime(new Date(0)) });
    await add(`${policies}\\Root`, policy.der);
  });
  after(async () => {
    await wine.stop();
    await rm(roots, { recursive: true, force: true });
  });

  const all = { present, authRoot, disallowed, intermediate, mailOnly, ended, policy, absent };
  const ders = Object.fromEntries(Object.entries(all).map(([name, { der }]) => [name, der]));
  const expected = {
    present: 'ok',
    authRoot: 'ok',
    disallowed: 'root-distrusted',
    intermediate: 'root-missing among-intermediates',
    mailOnly: 'root-not-for-server-auth',
    ended: 'root-distrusted',
    policy: 'ok',
    absent: 'root-missing absent',
  };

  for (const [how, koffi] of [
    ['crypt32', true],
    ['the registry', false],
  ] as const)
    it(`are read by ${how}`, async (t) => {
      const answer = JSON.parse(await wine.node(verdicts(ders), { koffi })) as Answer;
      // Wine 8 leaves out a certificate with a property that it does not know
      const left = koffi ? { ended: 'root-missing absent' } : {};
      assert.deepEqual(answer.verdicts, { ...expected, ...left });
      assert.deepEqual([answer.kind, answer.name], ['windows', 'LocalMachine\\Root']);
      t.diagnostic(`${answer.count} certificates in ${Math.round(answer.ms)} ms`);
    });
});
