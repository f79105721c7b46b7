/**
 * `npm run package`: executables, packages (npm's too), their bill of materials and their checksums.
 * Runs on Linux, with dpkg-deb, rpmbuild and zip; fetches Node and koffi from the npm registry.
 */

import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compareBuilds } from './again.ts';
import { buildDeb } from './deb.ts';
import { type Workshop, buildExecutable, koffiPath, openWorkshop } from './executable.ts';
import type { Program } from './linux-files.ts';
import { buildNpmPackage } from './npm-package.ts';
import { type Release, openRelease, repository } from './release.ts';
import { buildRpm } from './rpm.ts';
import { sbom } from './sbom.ts';
import { type Target, targets } from './targets.ts';
import { buildZip } from './zip.ts';

const noticesOf = async ({ folder }: Workshop): Promise<string> => {
  const { notices } = (await import(join(folder, 'bundle', 'third-party.js'))) as {
    notices: string;
  };
  return notices;
};

/** Makes a file, and says so on standard error: a release takes minutes. */
const make = async (path: string, build: (path: string) => Promise<void>): Promise<void> => {
  const started = performance.now();
  await build(path);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stderr.write(`${basename(path)}: ${(await stat(path)).size} bytes, ${seconds} s\n`);
};

const buildTarget = async (
  target: Target,
  { release, workshop, output }: { release: Release; workshop: Workshop; output: string },
): Promise<void> => {
  const { version } = release;
  const { id, architecture } = target;
  const executable = join(output, `certready-${version}-${id}${architecture ? '' : '.exe'}`);
  await make(executable, (path) => buildExecutable(workshop, target, path));
  const program: Program = {
    executable,
    koffi: koffiPath(workshop, target),
    notices: await noticesOf(workshop),
  };
  if (!architecture)
    return make(join(output, `certready-${version}-${id}.zip`), (path) =>
      buildZip(release, program, path),
    );
  const { deb, rpm } = architecture;
  await make(join(output, `certready_${version}_${deb}.deb`), (path) =>
    buildDeb(release, program, { architecture: deb, path }),
  );
  await make(join(output, `certready-${version}-1.${rpm}.rpm`), (path) =>
    buildRpm(release, program, { architecture: rpm, path }),
  );
};

const checksums = async (folder: string): Promise<string> => {
  const names = (await readdir(folder)).sort();
  const lines = names.map(async (name) => {
    const digest = createHash('sha256').update(await readFile(join(folder, name)));
    return `${digest.digest('hex')}  ${name}\n`;
  });
  return (await Promise.all(lines)).join('');
};

interface Order {
  readonly chosen: readonly Target[];
  readonly release: Release;
  readonly output: string;
}

/** @returns the checksums of what was made */
const makeAll = async ({ chosen, release, output }: Order): Promise<string> => {
  const workshop = await openWorkshop();
  try {
    await rm(output, { recursive: true, force: true });
    await mkdir(output, { recursive: true });
    const { version, date } = release;
    await Promise.all([
      ...chosen.map((target) => buildTarget(target, { release, workshop, output })),
      buildNpmPackage(release, output),
      make(join(output, `certready-${version}.cdx.json`), async (path) =>
        writeFile(path, await sbom(workshop, date)),
      ),
    ]);
    const sums = await checksums(output);
    await writeFile(join(output, 'SHA256SUMS'), sums);
    return sums;
  } finally {
    await workshop.close();
  }
};

const chosenTargets = (ids: readonly string[]): readonly Target[] => {
  const unknown = ids.filter((id) => !targets.some((target) => target.id === id));
  if (unknown.length === 0) return targets.filter(({ id }) => ids.includes(id));
  const allowed = targets.map(({ id }) => id).join(', ');
  throw new Error(`--target ${unknown.join(', ')}: allowed: ${allowed}`);
};

const usage = `npm run package [-- --output FOLDER] [--target ID]... [--fast] [--twice]

  --output FOLDER  where everything goes; default: packages
  --target ID      ${targets.map(({ id }) => id).join(', ')}; repeatable; default: all
  --fast           compresses as little as it may, for tests
  --twice          builds a second time, from a copy elsewhere, in another time zone, language
                   and umask, and compares
`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    output: { type: 'string', default: join(repository, 'packages') },
    target: { type: 'string', multiple: true, default: targets.map(({ id }) => id) },
    fast: { type: 'boolean', default: false },
    twice: { type: 'boolean', default: false },
  },
});

const main = async (): Promise<void> => {
  // What is made does not depend on who may read this machine's files
  process.umask(0o022);
  const { target, fast, twice, output } = values;
  const chosen = chosenTargets(target);
  const release = await openRelease({ fast });
  const sums = await makeAll({ chosen, release, output: resolve(output) });
  const ids = chosen.flatMap(({ id }) => ['--target', id]);
  if (twice) await compareBuilds(sums, { release, options: fast ? [...ids, '--fast'] : ids });
  process.stdout.write(sums);
};

if (values.help) process.stdout.write(usage);
else await main();
