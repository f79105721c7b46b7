/**
 * What judging a CRL costs: certready, openssl, pkijs and @peculiar/x509 from a file, certready while it
 * downloads, and the floor that nobody can go below, SHA-256 of the same bytes as a stream from disk.
 *
 *     npm run bench:crl -- [--sizes 0,10000,1000000,5000000] [--rounds 7]
 *
 * Every measurement is a process of its own, in interleaved rounds; the table shows medians. "first" is
 * the first CRL of a fresh process, from opening the file to the verdict, modules loaded and the issuer's
 * certificate read, as it has been in a run by then ("nothing read before": without that). Its processor
 * time ("CPU") is what a busy machine changes least. "again" is the same once it has been done before, as
 * a running agent does it. "process" is from start to exit.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findProgram } from '../test/helpers/programs.ts';
import { type Identity, makeCa } from '../test/helpers/private-ca.ts';
import { bundled } from './bundle.ts';
import { download } from './crl-download.ts';
import { writeCrl } from './crl-make.ts';
import { delayAfterLastByte } from './crl-overlap.ts';
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
const floorName = 'floor (SHA-256)';
const opensslName = 'openssl crl -verify';
const serial = '7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF';

interface Sample {
  readonly wall?: number;
  /** Absent where the program does not say. */
  readonly first?: number;
  readonly cpu?: number;
  readonly again?: number;
  /** MB; absent where it is not known. */
  readonly peak?: number;
  /** Why there is no verdict. */
  readonly refused?: string;
}

const folder = await mkdtemp(join(tmpdir(), 'certready-bench-'));
const candidateScript = await bundled(new URL('crl-candidate.ts', import.meta.url));
const issuerPath = join(folder, 'issuer.pem');

const nodeCandidate =
  (name: string, repeated = false) =>
  async (path: string): Promise<Sample> => {
    const args = [candidateScript, name, path, issuerPath, serial];
    const { wall, stdout } = await execute(process.execPath, args);
    const { ms: first, ...said } = JSON.parse(stdout) as { ms?: number } & Sample;
    if (said.refused !== undefined || first === undefined) return said;
    if (!repeated) return { wall, first, ...said };
    const more = await execute(process.execPath, [...args, 'again']);
    const again = (JSON.parse(more.stdout) as { ms: number }).ms;
    return { wall, first, again, ...said };
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

const notRun = (): Promise<Sample> =>
  Promise.resolve({ refused: 'not run: minutes and gigabytes' });

const candidatesFor = (
  size: number,
  ca: Identity,
): Map<string, (path: string) => Promise<Sample>> => {
  const lifted = (name: string) => (size > largestForLibraries ? notRun : nodeCandidate(name));
  return new Map([
    [floorName, nodeCandidate('floor', true)],
    ['certready', nodeCandidate('certready', true)],
    ['certready, nothing read before', nodeCandidate('certready-cold')],
    ['certready --once, download', (path) => download(path, ca, { folder, timeProgram })],
    [opensslName, opensslCandidate],
    ['pkijs', nodeCandidate('pkijs-limited')],
    ['pkijs, limits lifted', lifted('pkijs')],
    ['@peculiar/x509', nodeCandidate('x509-limited')],
    ['@peculiar/x509, limits lifted', lifted('x509')],
  ]);
};

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

const measureSize = async (size: number, ca: Identity): Promise<string[][]> => {
  const path = join(folder, `${size}.crl`);
  const bytes = writeCrl(path, size, ca);
  try {
    const candidates = candidatesFor(size, ca);
    const samples = new Map([...candidates.keys()].map((name) => [name, [] as Sample[]]));
    for (let round = 0; round < rounds; round++)
      for (const [name, run] of candidates) {
        // Those that take seconds are measured less often.
        const most = name.includes('lifted')
          ? 1
          : size >= 5_000_000 && name === opensslName
            ? 3
            : rounds;
        if (round < most) samples.get(name)?.push(await run(path));
      }
    return rowsOf(samples, { size, bytes });
  } finally {
    await rm(path);
  }
};

const rowsOf = (
  samples: ReadonlyMap<string, readonly Sample[]>,
  { size, bytes }: { size: number; bytes: number },
): string[][] => {
  const of = (name: string) => {
    const all = samples.get(name) ?? [];
    const middle = (key: 'first' | 'cpu' | 'again' | 'wall' | 'peak') =>
      medianOf(all, (one) => one[key]);
    return {
      first: middle('first'),
      cpu: middle('cpu'),
      again: middle('again'),
      wall: middle('wall'),
      peak: middle('peak'),
      refused: all[0]?.refused,
    };
  };
  const floor = of(floorName);
  const openssl = of(opensslName);
  return [...samples.keys()].map((name, index) => {
    const { first, cpu, again, wall, peak, refused } = of(name);
    const perEntry = first === undefined || size === 0 ? undefined : (first * 1e6) / size;
    return [
      index === 0 ? `${size.toLocaleString('en')} (${(bytes / 1e6).toFixed(1)} MB)` : '',
      refused === undefined ? name : `${name}: ${refused}`,
      shown(first),
      shown(perEntry),
      ratio(first, floor.first),
      ratio(cpu, floor.cpu),
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
  const ca = makeCa({ name: 'C=BE, O=certready, CN=Benchmark CA', key: 'rsa' });
  await writeFile(issuerPath, ca.pem);
  const head = [
    'entries',
    '',
    'first ms',
    'ns/entry',
    '× floor',
    'CPU × floor',
    'again ms',
    '× floor',
    'process ms',
    '× openssl',
    'peak MB',
    '× openssl',
  ];
  const rows: string[][] = [];
  for (const size of sizes) rows.push(...(await measureSize(size, ca)));
  const overlap = await delayAfterLastByte(folder, ca);
  process.stdout.write(
    `Node ${process.version}, RSA-2048 with SHA-256, one serial number looked up; medians of ${rounds} ` +
      `interleaved rounds, of fewer for what takes seconds\n\n${table([head, ...rows])}\n\n` +
      'download: from loopback, the SHA-256 of the file and the report included.\n' +
      `A CRL of ${overlap.entries.toLocaleString('en')} entries that takes ${Math.round(overlap.arrivalMs)} ms to ` +
      `arrive is judged ${shown(overlap.delayMs)} ms after its last byte (median of ${overlap.rounds}).\n`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
