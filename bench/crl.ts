/**
 * What judging a CRL costs, from a file: certready, openssl, pkijs and @peculiar/x509, beside the
 * floor that nobody can go below, SHA-256 of the same bytes as a stream from disk.
 *
 *     npm run bench:crl -- [--sizes 0,10000,1000000,5000000] [--rounds 7]
 *
 * Every measurement is a process of its own, in interleaved rounds; the table shows medians.
 * "in process" leaves start-up out: from opening the file to the verdict, modules loaded, nothing
 * compiled yet. "again" is the same once it has been done before, as a running agent does it.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { findProgram } from '../test/helpers/programs.ts';
import { type Identity, makeCa } from '../test/helpers/private-ca.ts';
import { type Download, download } from './crl-download.ts';
import { writeCrl } from './crl-make.ts';
import { execute } from './execute.ts';
import { median, table } from './measure.ts';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '0,10000,1000000,5000000' },
    rounds: { type: 'string', default: '7' },
  },
});
const sizes = values.sizes.split(',').map(Number);
const rounds = Number(values.rounds);
/** Both object-building libraries take minutes and gigabytes beyond this, with their limits lifted. */
const largestForLibraries = 10_000;
const serial = '7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF';

interface Sample {
  readonly wall: number;
  /** Absent where the program does not say. */
  readonly inProcess?: number;
  readonly again?: number;
  /** MB; absent where it is not known. */
  readonly peak?: number;
}

const folder = await mkdtemp(join(tmpdir(), 'certready-bench-'));
// Inside the work tree, so that what is not bundled is found.
const candidateScript = fileURLToPath(
  new URL('../node_modules/.cache/certready-bench/crl-candidate.mjs', import.meta.url),
);
const issuerPath = join(folder, 'issuer.pem');

const nodeCandidate =
  (name: string, repeated = false) =>
  async (path: string): Promise<Sample> => {
    const args = [candidateScript, name, path, issuerPath, serial];
    const { wall, stdout } = await execute(process.execPath, args);
    const { ms, peak } = JSON.parse(stdout) as { ms: number; peak: number };
    if (!repeated) return { wall, inProcess: ms, peak };
    const more = await execute(process.execPath, [...args, 'again']);
    const again = JSON.parse(more.stdout) as { ms: number };
    return { wall, inProcess: ms, again: again.ms, peak };
  };

/** GNU time tells the peak memory of a program that does not know it. */
const timeProgram = await findProgram('time');
const opensslCandidate = async (path: string): Promise<Sample> => {
  const verify = ['crl', '-inform', 'DER', '-in', path, '-CAfile', issuerPath, '-verify', '-noout'];
  if (timeProgram === undefined) return execute('openssl', verify);
  const timed = await execute(timeProgram, ['-f', 'peak %M', 'openssl', ...verify]);
  const kilobytes = Number(/^peak (\d+)$/m.exec(timed.stderr)?.[1]);
  return { wall: timed.wall, peak: kilobytes / 1024 };
};

const candidatesFor = (size: number): Map<string, (path: string) => Promise<Sample>> =>
  new Map([
    ['floor (SHA-256)', nodeCandidate('floor', true)],
    ['certready', nodeCandidate('certready', true)],
    ['certready+sha256', nodeCandidate('certready+sha256', true)],
    ['openssl crl -verify', opensslCandidate],
    ...(size <= largestForLibraries
      ? ([
          ['pkijs', nodeCandidate('pkijs')],
          ['@peculiar/x509', nodeCandidate('x509')],
        ] as const)
      : []),
  ]);

const medianOf = <T>(
  samples: readonly T[],
  of: (sample: T) => number | undefined,
): number | undefined => {
  const known = samples.flatMap((sample) => of(sample) ?? []);
  return known.length === 0 ? undefined : median(known);
};

const shown = (value: number | undefined, digits = 1): string => value?.toFixed(digits) ?? '–';
const ratio = (a: number | undefined, b: number | undefined): string =>
  a === undefined || b === undefined ? '–' : (a / b).toFixed(2);

/** What the program takes of a CRL. */
const downloadLimit = 64 * 1024 * 1024;

const measureDownload = async (path: string, size: number, ca: Identity): Promise<string[]> => {
  const samples: Download[] = [];
  for (let round = 0; round < 3; round++)
    samples.push(await download(path, ca, { folder, timeProgram }));
  const of = (value: (sample: Download) => number | undefined): string =>
    shown(medianOf(samples, value), 0);
  const count = size.toLocaleString('en');
  return [
    count,
    of(({ parse }) => parse),
    of(({ verify }) => verify),
    of(({ wall }) => wall),
    of(({ peak }) => peak),
  ];
};

interface Measured {
  readonly fromFile: readonly string[][];
  readonly downloaded: readonly string[][];
}

const measureSize = async (size: number, ca: Identity): Promise<Measured> => {
  const path = join(folder, `${size}.crl`);
  const bytes = writeCrl(path, size, ca);
  try {
    return {
      fromFile: await measureFile(path, { size, bytes }),
      downloaded: bytes <= downloadLimit ? [await measureDownload(path, size, ca)] : [],
    };
  } finally {
    await rm(path);
  }
};

const measureFile = async (
  path: string,
  { size, bytes }: { size: number; bytes: number },
): Promise<string[][]> => {
  const candidates = candidatesFor(size);
  const samples = new Map([...candidates.keys()].map((name) => [name, [] as Sample[]]));
  for (let round = 0; round < rounds; round++)
    for (const [name, run] of candidates) {
      // The slow ones are measured less often: their medians are of three.
      const slow = name === 'pkijs' || name === '@peculiar/x509' || size >= 5_000_000;
      if (slow && round >= 3 && name !== 'certready' && name !== 'floor (SHA-256)') continue;
      samples.get(name)?.push(await run(path));
    }
  const of = (name: string) => {
    const all = samples.get(name) ?? [];
    return {
      inProcess: medianOf(all, (sample) => sample.inProcess),
      again: medianOf(all, (sample) => sample.again),
      wall: medianOf(all, (sample) => sample.wall),
      peak: medianOf(all, (sample) => sample.peak),
    };
  };
  const floor = of('floor (SHA-256)');
  const openssl = of('openssl crl -verify');
  return [...candidates.keys()].map((name, index) => {
    const { inProcess, again, wall, peak } = of(name);
    const perEntry = inProcess === undefined || size === 0 ? undefined : (inProcess * 1e6) / size;
    return [
      index === 0 ? `${size.toLocaleString('en')} (${(bytes / 1e6).toFixed(1)} MB)` : '',
      name,
      shown(inProcess),
      shown(perEntry),
      ratio(inProcess, floor.inProcess),
      shown(again),
      ratio(again, floor.again),
      shown(wall, 0),
      ratio(wall, openssl.wall),
      shown(peak, 0),
      ratio(peak, openssl.peak),
    ];
  });
};

try {
  await build({
    entryPoints: [fileURLToPath(new URL('crl-candidate.ts', import.meta.url))],
    outfile: candidateScript,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['pkijs', 'asn1js', '@peculiar/x509', 'reflect-metadata'],
  });
  const ca = makeCa({ name: 'C=BE, O=certready, CN=Benchmark CA', key: 'rsa' });
  await writeFile(issuerPath, ca.pem);
  const head = [
    'entries',
    '',
    'in process ms',
    'ns/entry',
    '× floor',
    'again ms',
    '× floor',
    'process ms',
    '× openssl',
    'peak MB',
    '× openssl',
  ];
  const rows: string[][] = [];
  const downloads = [['entries', 'reading ms', 'verifying ms', 'process ms', 'peak MB']];
  for (const size of sizes) {
    const { fromFile, downloaded } = await measureSize(size, ca);
    rows.push(...fromFile);
    downloads.push(...downloaded);
  }
  process.stdout.write(
    `Node ${process.version}, RSA-2048 with SHA-256, one serial number looked up; medians of ${rounds} ` +
      `interleaved rounds, of 3 for the slow ones\n\n${table([head, ...rows])}\n\n` +
      '+sha256: the SHA-256 of the file too, as the check reports it.\n' +
      `pkijs and @peculiar/x509 with their limits lifted, up to ${largestForLibraries} entries.\n\n` +
      'certready --once while it downloads from loopback; reading runs beside the network, and the ' +
      `signature is verified after the last byte; medians of 3\n\n${table(downloads)}\n`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
