/**
 * What it costs to judge a root in a store of 500 certificates, of each kind, from asking to the verdict
 * in a fresh process of the bundled program; beside it the floor: reading and hashing the same files. Windows' own store is
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
import { makeCa } from '../test/helpers/private-ca.ts';
import { generateKey } from '../test/helpers/signing.ts';
import { bundled } from './bundle.ts';
import { windowsStore } from './trust-stores-windows.ts';
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

const candidate = await bundled(new URL('trust-stores-candidate.ts', import.meta.url));
const run = async (name: 'judge' | 'floor', path: string): Promise<number> => {
  const args = [candidate, name, path, Buffer.from(der).toString('base64')];
  return Number((await execute(process.execPath, args)).stdout);
};

const windows = await windowsStore({ folder, ders: roots.map((one) => one.der), wanted: der });

const candidates: Candidate[] = stores.flatMap(([what, path]) =>
  (['judge', 'floor'] as const).map((name) => ({
    name: `${what} ${name}`,
    run: () => run(name, path),
  })),
);
const all = [...candidates, ...windows.candidates];
const medians = await interleaved(all, Number(values.rounds)).finally(async () => {
  await windows.stop();
  await rm(folder, { recursive: true });
});

const row = (what: string): string[] => {
  const [judged = 0, floor = 0] = ['judge', 'floor'].map((name) => medians.get(`${what} ${name}`));
  return [what, judged.toFixed(1), floor.toFixed(1), (judged / floor).toFixed(1)];
};
const rows = [...stores.map(([what]) => what), ...windows.names].map(row);
console.log(table([[`${count} certificates`, 'judged, ms', 'floor, ms', 'ratio'], ...rows]));
if (windows.lacking !== undefined) console.log(`Windows was not measured: ${windows.lacking}`);
