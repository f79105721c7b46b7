/** RPM packages, by rpmbuild. */

import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Program, linuxFiles } from './linux-files.ts';
import { type Release, seconds, summary, xzLevel } from './release.ts';
import { run } from './run.ts';
import { type Entry, layTree } from './tree.ts';

const fileLine = ({ path, isConfiguration = false }: Entry): string => {
  const kind = isConfiguration
    ? '%config(noreplace) '
    : path.startsWith('usr/share/licenses/')
      ? '%license '
      : path.startsWith('usr/share/man/')
        ? '%doc '
        : '';
  return `${kind}/${path}`;
};

/** Folders that are certready's own. */
const ownFolders = [
  'etc/certready',
  'usr/lib/certready',
  'usr/share/certready',
  'usr/share/certready/schemas',
  'usr/share/licenses/certready',
];

/** E.g. `Thu Nov 26 2026`. */
const changelogDate = (date: Date): string => {
  const [weekday = '', day, month, year] = date.toUTCString().split(' ');
  return [weekday.slice(0, 3), month, day, year].join(' ');
};

const spec = (
  release: Release,
  { files, tree }: { files: readonly Entry[]; tree: string },
): string => {
  const { version, fast, maintainer } = release;
  return `# What is packaged is ready: nothing is to be stripped, compressed or searched for requirements
%global debug_package %{nil}
%global __os_install_post %{nil}
%global _build_id_links none
%global _buildhost reproducible
%global use_source_date_epoch_as_buildtime 1
%global clamp_mtime_to_source_date_epoch 1
%global _binary_payload ${fast ? 'w.ufdio' : `w${xzLevel}.xzdio`}

Name: certready
Version: ${version}
Release: 1
Summary: Tells whether a certificate-authority change will stop the mail
License: MIT
Group: Applications/Internet
Packager: ${maintainer}
AutoReqProv: no
Requires: libc.so.6(GLIBC_2.28)(64bit)
Requires: libgcc_s.so.1()(64bit)
Requires: libstdc++.so.6(GLIBCXX_3.4.21)(64bit)
Recommends: ca-certificates

%description
${summary.join('\n')}

%install
cp -a '${tree}/.' '%{buildroot}/'

%files
%defattr(-,root,root,-)
${[...ownFolders.map((path) => `%dir /${path}`), ...files.map(fileLine)].join('\n')}

%post
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || :
  if [ $1 -eq 1 ]; then systemctl preset certready.service || :; fi
fi

%preun
if [ $1 -eq 0 ] && [ -d /run/systemd/system ]; then
  systemctl --no-reload disable --now certready.service || :
fi

%postun
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || :
  if [ $1 -ge 1 ]; then systemctl try-restart certready.service || :; fi
fi

%changelog
* ${changelogDate(release.date)} ${maintainer} - ${version}-1
- Release ${version}; what is new stands in CHANGELOG.md of the sources
`;
};

/** Writes the package of one machine's architecture to a path. */
export const buildRpm = async (
  release: Release,
  program: Program,
  { architecture, path }: { architecture: string; path: string },
): Promise<void> => {
  // Beside the executable, to which its files are linked
  const folder = await mkdtemp(join(dirname(program.executable), 'rpm-'));
  try {
    const files: readonly Entry[] = [
      ...(await linuxFiles(release, program, 'site-functions')),
      { path: 'usr/share/licenses/certready/LICENSE', content: program.notices },
    ];
    const tree = join(folder, 'tree');
    await layTree(tree, files, release.date);
    const specification = join(folder, 'certready.spec');
    await writeFile(specification, spec(release, { files, tree }));
    const settings = [
      `_topdir ${folder}/build`,
      `_rpmdir ${folder}/out`,
      '_rpmfilename package.rpm',
    ];
    await run(
      'rpmbuild',
      [
        ...['-bb', '--quiet', '--target', `${architecture}-linux`],
        ...settings.flatMap((setting) => ['--define', setting]),
        specification,
      ],
      { env: { SOURCE_DATE_EPOCH: seconds(release) } },
    );
    const [built = ''] = await readdir(join(folder, 'out'));
    await rename(join(folder, 'out', built), path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
