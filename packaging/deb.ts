/** Debian packages, by dpkg-deb. */

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Program, gzipped, linuxFiles } from './linux-files.ts';
import { type Release, repository, seconds, summary, xzLevel } from './release.ts';
import { run } from './run.ts';
import { type Entry, layTree } from './tree.ts';

/** RFC 5322, as Debian's changelogs want it. */
const changelogDate = (date: Date): string => date.toUTCString().replace('GMT', '+0000');

const changelog = ({ version, date, maintainer }: Release): string =>
  `certready (${version}) unstable; urgency=medium

  * Release ${version}. What is new stands in CHANGELOG.md of the sources.

 -- ${maintainer}  ${changelogDate(date)}
`;

/** As the fields of control and copyright files go on: indented, an empty line as a point. */
const indented = (lines: readonly string[]): string =>
  lines.map((line) => (line === '' ? ' .' : ` ${line}`)).join('\n');

const control = (
  { version, maintainer }: Release,
  { architecture, kibibytes }: { architecture: string; kibibytes: number },
): string =>
  `Package: certready
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: ${kibibytes}
Depends: libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 5.2)
Pre-Depends: init-system-helpers (>= 1.54~)
Recommends: ca-certificates
Section: mail
Priority: optional
Description: tell whether a certificate-authority change will stop the mail
${indented(summary)}
`;

/** Debian wants the whole texts of well-known licences nowhere but in /usr/share/common-licenses. */
const copyright = (licence: string): string => {
  const [, holder = ''] = /^Copyright (?:\(c\) )?(.*)$/m.exec(licence) ?? [];
  const terms = licence.slice(licence.indexOf('Permission is hereby granted'));
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: certready
Comment: The executable holds Node.js and packages of the npm registry. What they are,
 their licences and copyrights stand whole in licenses.gz beside this file, and
 are printed by "certready licenses".

Files: *
Copyright: ${holder}
License: Expat
${indented(terms.trimEnd().split('\n'))}
`;
};

const sizeOf = async (root: string, { path }: Entry): Promise<number> =>
  Math.ceil((await stat(join(root, path))).size / 1024);

const md5 = async (root: string, { path }: Entry): Promise<string> =>
  `${createHash('md5')
    .update(await readFile(join(root, path)))
    .digest('hex')}  ${path}\n`;

const scripts = ['postinst', 'prerm', 'postrm'] as const;

const controlFiles = async (
  root: string,
  files: readonly Entry[],
  { release, architecture }: { release: Release; architecture: string },
): Promise<readonly Entry[]> => {
  const sizes = await Promise.all(files.map((entry) => sizeOf(root, entry)));
  const kibibytes = sizes.reduce((sum, size) => sum + size, 0);
  const configuration = files.filter(({ isConfiguration }) => isConfiguration === true);
  const sums = await Promise.all(
    files.filter((entry) => !configuration.includes(entry)).map((entry) => md5(root, entry)),
  );
  const maintainerScripts = await Promise.all(
    scripts.map(async (name) => ({
      path: `DEBIAN/${name}`,
      content: await readFile(join(repository, 'packaging', 'debian', name), 'utf8'),
      isExecutable: true,
    })),
  );
  return [
    { path: 'DEBIAN/control', content: control(release, { architecture, kibibytes }) },
    { path: 'DEBIAN/conffiles', content: configuration.map(({ path }) => `/${path}\n`).join('') },
    { path: 'DEBIAN/md5sums', content: sums.join('') },
    ...maintainerScripts,
  ];
};

/** Writes the package of one machine's architecture to a path. */
export const buildDeb = async (
  release: Release,
  program: Program,
  { architecture, path }: { architecture: string; path: string },
): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  // Beside the executable, to which its files are linked
  const root = await mkdtemp(join(dirname(program.executable), 'deb-'));
  try {
    const overrides = join(repository, 'packaging', 'debian', 'lintian-overrides');
    const licence = await readFile(join(repository, 'LICENSE'), 'utf8');
    const documents = 'usr/share/doc/certready';
    const files: readonly Entry[] = [
      ...(await linuxFiles(release, program, 'vendor-completions')),
      { path: `${documents}/copyright`, content: copyright(licence) },
      { path: `${documents}/licenses.gz`, content: gzipped(program.notices) },
      { path: `${documents}/changelog.gz`, content: gzipped(changelog(release)) },
      {
        path: 'usr/share/lintian/overrides/certready',
        content: await readFile(overrides, 'utf8'),
      },
    ].sort((a, b) => (a.path < b.path ? -1 : 1));
    await layTree(root, files, release.date);
    const more = await controlFiles(root, files, { release, architecture });
    await layTree(root, more, release.date);
    // Uncompressed packages are an error to lintian
    const compression = release.fast ? ['-Zgzip', '-z1'] : ['-Zxz', `-z${xzLevel}`];
    await run('dpkg-deb', ['--root-owner-group', ...compression, '--build', root, path], {
      // With several threads xz cuts the same bytes otherwise
      env: { SOURCE_DATE_EPOCH: seconds(release), DPKG_DEB_THREADS_MAX: '1' },
    });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
};
