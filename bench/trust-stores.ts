/**
 * What it costs to judge a root in a store of 500 certificates, of each kind, from asking to the verdict
 * in a fresh process; beside it the floor: reading and hashing the same files. Windows' own store is
 * judged under Wine, by crypt32 and by the registry, where that is there (test/helpers/wine.ts says what
 * it needs).
 *
 *     npm run bench:trust-stores -- [--rounds 7] [--certificates 500]
 *
 * Rounds are interleaved; the table shows medians. It needs openssl.
 */

import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fingerprint256 } from '../checks/pki/certificate.ts';
import { makeCa } from '../test/helpers/private-ca.ts';
import { generateKey } from '../test/helpers/signing.ts';
import { lackingWine, startWine } from '../test/helpers/wine.ts';
import { execute } from './execute.ts';
import { type Candidate, interleaved, table } from './measure.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    certificates: { type: 'string', default: '500' },
  },
});
const count = Number(values.certificates);

const folder = await mkdtemp(join(tmpdir(), 'certready-bench-'));
const key = generateKey('rsa');
const roots = Array.from({ length: count }, (_, n) =>
  makeCa({ name: `C=XX, O=Some Organization ${n}, OU=Certification, CN=Some Root ${n}`, key }),
);
const der = roots[count >> 1]?.der ?? new Uint8Array();
const wanted = fingerprint256(der);

const bundle = join(folder, 'bundle.pem');
await writeFile(bundle, roots.map(({ pem }) => pem).join(''));
const hashed = join(folder, 'hashed');
await mkdir(hashed);
for (const [n, { pem }] of roots.entries()) await writeFile(join(hashed, `root-${n}.pem`), pem);
await execute('openssl', ['rehash', hashed]);
const pkcs12 = join(folder, 'store.p12');
await execute('openssl', [
  ...['pkcs12', '-export', '-nokeys', '-in', bundle, '-out', pkcs12],
  ...['-passout', 'pass:changeit', '-certpbe', 'AES-256-CBC'],
]);
/** As Debian lays them: links to where the package has the certificates, hash links, and the bundle. */
const system = join(folder, 'debian/etc/ssl/certs');
const share = join(folder, 'debian/usr/share/ca-certificates');
await Promise.all([system, share].map((path) => mkdir(path, { recursive: true })));
for (const [n, { pem }] of roots.entries()) {
  await writeFile(join(share, `root-${n}.crt`), pem);
  await symlink(join(share, `root-${n}.crt`), join(system, `root-${n}.pem`));
}
await execute('openssl', ['rehash', system]);
await copyFile(bundle, join(system, 'ca-certificates.crt'));
const stores = [
  ['PEM bundle', bundle],
  ['hashed folder', hashed],
  ["Debian's folder and bundle", join(folder, 'debian')],
  ['PKCS#12', pkcs12],
] as const;

const candidate = new URL('trust-stores-candidate.ts', import.meta.url).pathname;
const run = async (name: 'judge' | 'floor', path: string): Promise<number> => {
  const args = ['--import', 'tsx', candidate, name, path, Buffer.from(der).toString('base64')];
  return Number((await execute(process.execPath, args)).stdout);
};

const windowsScript = `
  import { commandRunner } from './checks/stores/commands.ts';
  import { indexStore, judgeRoot } from './checks/stores/root-in-store.ts';
  import { machineStore } from './checks/stores/windows/machine-store.ts';
  const started = performance.now();
  const contents = await machineStore(commandRunner('win32', process.env)).read(AbortSignal.timeout(60_000));
  if (contents.entries === undefined) throw new Error(JSON.stringify(contents));
  const der = Buffer.from('${Buffer.from(der).toString('base64')}', 'base64');
  const root = { sha256: '${wanted}', der };
  const { summary } = judgeRoot(indexStore(contents), root, new Date('2025-06-03'));
  const ms = performance.now() - started;
  if (!summary.startsWith('trusted')) throw new Error(summary);
  console.log(ms);
`;
const lacking = await lackingWine();
const windowsRoots = join(folder, 'windows');
await mkdir(windowsRoots);
await copyFile(bundle, join(windowsRoots, 'ca-certificates.crt'));
const wine = lacking === false ? await startWine(windowsRoots) : undefined;
const windows: Candidate[] = wine
  ? (['Windows, crypt32', 'Windows, registry'] as const).map((name) => ({
      name,
      run: async () => Number(await wine.node(windowsScript, { koffi: name.endsWith('crypt32') })),
    }))
  : [];

const candidates: Candidate[] = stores.flatMap(([what, path]) =>
  (['judge', 'floor'] as const).map((name) => ({
    name: `${what} ${name}`,
    run: () => run(name, path),
  })),
);
const medians = await interleaved([...candidates, ...windows], Number(values.rounds));
await wine?.stop();
await rm(folder, { recursive: true });

const rows = stores.map(([what]) => {
  const [judged = 0, floor = 0] = ['judge', 'floor'].map((name) => medians.get(`${what} ${name}`));
  return [what, judged.toFixed(1), floor.toFixed(1), (judged / floor).toFixed(1)];
});
const windowsRows = windows.map(({ name }) => [name, (medians.get(name) ?? 0).toFixed(1), '', '']);
console.log(
  table([[`${count} certificates`, 'judged, ms', 'floor, ms', 'ratio'], ...rows, ...windowsRows]),
);
if (lacking !== false) console.log(`Windows was not measured: ${lacking}`);
