/** Where certready's files lie on Linux (Filesystem Hierarchy Standard). */

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import { bashCompletion } from '../agent/completion/bash.ts';
import { fishCompletion } from '../agent/completion/fish.ts';
import { zshCompletion } from '../agent/completion/zsh.ts';
import { programDefinition } from './definitions.ts';
import { manPage } from './man-page.ts';
import { type Release, repository } from './release.ts';
import type { Entry } from './tree.ts';
import { packagedUnit } from './unit.ts';

export interface Program {
  /** Paths of the executable and of koffi's native half for the same machine. */
  readonly executable: string;
  readonly koffi: string;
  /** The licences of all that is inside. */
  readonly notices: string;
}

/** Without the name and the time of a file. */
export const gzipped = (text: string): Uint8Array => {
  const bytes = gzipSync(text, { level: constants.Z_BEST_COMPRESSION });
  bytes[9] = 3; // made on Unix, whichever zlib says what
  return bytes;
};

const schemas = async (): Promise<readonly Entry[]> => {
  const folder = join(repository, 'schemas');
  return Promise.all(
    (await readdir(folder)).sort().map(async (name) => ({
      path: `usr/share/certready/schemas/${name}`,
      content: await readFile(join(folder, name)),
    })),
  );
};

/** What is the same for Debian's and for RPM's packages. */
export const linuxFiles = async (
  release: Release,
  { executable, koffi }: Program,
  zshFolder: string,
): Promise<readonly Entry[]> => {
  const program = programDefinition();
  const configuration = await readFile(join(repository, 'packaging', 'config.yaml'), 'utf8');
  return [
    { path: 'usr/bin/certready', content: { file: executable }, isExecutable: true },
    { path: 'usr/lib/certready/koffi.node', content: { file: koffi } },
    { path: 'etc/certready/config.yaml', content: configuration, isConfiguration: true },
    { path: 'usr/lib/systemd/system/certready.service', content: packagedUnit(release) },
    { path: 'usr/share/man/man1/certready.1.gz', content: gzipped(manPage(program, release)) },
    {
      path: 'usr/share/bash-completion/completions/certready',
      content: bashCompletion(program),
    },
    { path: `usr/share/zsh/${zshFolder}/_certready`, content: zshCompletion(program) },
    {
      path: 'usr/share/fish/vendor_completions.d/certready.fish',
      content: fishCompletion(program),
    },
    ...(await schemas()),
  ];
};
