/**
 * Windows' own store under Wine, for the benchmark of trust stores: AuthRoot with all the certificates, read
 * by crypt32 and by reg.exe. (What Wine has in Root it takes from the host and verifies anew in each
 * process, which Windows does not.) The floor is what the same functions of Wine take without any judgement.
 *
 * Wine's registry is a process of its own, and its crypt32 puts six questions to it for each certificate.
 * Each wakes a processor where the two run on different ones, which takes several times as long as the
 * answer. In Windows these are calls of the kernel; so Wine is kept on one processor here.
 */

import { hash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fingerprint256 } from '../checks/pki/certificate.ts';
import { makeCa } from '../test/helpers/private-ca.ts';
import { lackingWine, startWine } from '../test/helpers/wine.ts';
import { blobOf, thumbprint } from '../test/stores/windows/blob-writer.ts';
import {
  disallowedHash,
  disallowedList,
  makeListSigner,
  makeTrustList,
} from '../test/stores/windows/trust-list-writer.ts';
import type { Candidate } from './measure.ts';

const authRoot = 'HKEY_LOCAL_MACHINE\\Software\\Microsoft\\SystemCertificates\\AuthRoot';

const hexOf = (bytes: Buffer): string => bytes.toString('hex').replace(/..(?!$)/g, '$&,');

/** What each Windows has: a list of disallowed certificates, by the hashes of their keys and of what is signed. */
const disallowedCertificates = (): Buffer =>
  makeTrustList({
    subjects: Array.from({ length: 60 }, (_, n) => {
      const identifier = hash(n % 2 === 0 ? 'md5' : 'sha256', String(n), 'buffer');
      return { der: identifier, identifier };
    }),
    signer: makeListSigner([disallowedList]).signer,
    usage: disallowedList,
    identifiedBy: disallowedHash,
  });

/** A file that `reg import` takes. */
const registryFile = (ders: readonly Uint8Array[]): string =>
  [
    'REGEDIT4',
    `[${authRoot}\\AutoUpdate]`,
    `"DisallowedCertEncodedCtl"=hex:${hexOf(disallowedCertificates())}`,
    ...ders.flatMap((der) => [
      `[${authRoot}\\Certificates\\${thumbprint(der)}]`,
      `"Blob"=hex:${hexOf(blobOf(der))}`,
    ]),
    '',
  ].join('\r\n');

const timed = (body: string): string => `
  import { commandRunner } from './checks/stores/commands.ts';
  import { indexStore, judgeRoot } from './checks/stores/root-in-store.ts';
  import { machineStore } from './checks/stores/windows/machine-store.ts';
  import { loadNative } from './checks/stores/windows/native.ts';
  import { physicalStores } from './checks/stores/windows/physical-stores.ts';
  const run = commandRunner('win32', process.env);
  const native = await loadNative();
  const started = performance.now();
  ${body}
  console.log(performance.now() - started);
`;

const judge = (der: Uint8Array): string =>
  timed(`
  const contents = await machineStore(run).read(AbortSignal.timeout(60_000));
  if (contents.entries === undefined) throw new Error(JSON.stringify(contents));
  const der = Buffer.from('${Buffer.from(der).toString('base64')}', 'base64');
  const root = { sha256: '${fingerprint256(der)}', der };
  const { summary } = judgeRoot(indexStore(contents), root, new Date('2025-06-03'));
  if (!summary.startsWith('trusted')) throw new Error(summary);`);

const floors = {
  crypt32: timed('for (const store of physicalStores) await native.certificates(store);'),
  registry: timed(
    `await run('reg.exe', ['query', 'HKLM\\\\SOFTWARE\\\\Microsoft\\\\SystemCertificates', '/s']);`,
  ),
} as const;

export interface WindowsStore {
  readonly names: readonly string[];
  readonly candidates: readonly Candidate[];
  /** Why there are none. */
  readonly lacking?: string;
  stop(): Promise<void>;
}

export const windowsStore = async (options: {
  readonly folder: string;
  readonly ders: readonly Uint8Array[];
  readonly wanted: Uint8Array;
}): Promise<WindowsStore> => {
  const lacking = await lackingWine();
  if (lacking !== false)
    return { names: [], candidates: [], lacking, stop: () => Promise.resolve() };
  const roots = join(options.folder, 'windows');
  await mkdir(roots);
  await writeFile(
    join(roots, 'ca-certificates.crt'),
    makeCa({ name: 'CN=In Root', key: 'rsa' }).pem,
  );
  const wine = await startWine(roots, { processor: cpus().length - 1 });
  const file = join(wine.drive, 'roots.reg');
  await writeFile(file, registryFile(options.ders));
  await wine.windows('reg', 'import', 'C:\\roots.reg');
  const ways = Object.entries(floors).map(([way, floor]) => ({
    way,
    floor,
    koffi: way === 'crypt32',
  }));
  const ask = async (script: string, koffi: boolean): Promise<number> =>
    Number(await wine.node(script, { koffi }));
  return {
    names: ways.map(({ way }) => `Windows, ${way}`),
    candidates: ways.flatMap(({ way, floor, koffi }) => [
      { name: `Windows, ${way} judge`, run: () => ask(judge(options.wanted), koffi) },
      { name: `Windows, ${way} floor`, run: () => ask(floor, koffi) },
    ]),
    stop: () => wine.stop(),
  };
};
