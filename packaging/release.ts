/** What all packages of one release have in common. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.ts';

export const repository = fileURLToPath(new URL('../', import.meta.url));

export interface Release {
  readonly version: string;
  readonly description: string;
  /** All times in what is made: the same sources give the same bytes. */
  readonly date: Date;
  /** `NAME <ADDRESS>`, who made the package. */
  readonly maintainer: string;
  /** Compresses as little as it may, for tests. */
  readonly fast: boolean;
}

/** SOURCE_DATE_EPOCH (reproducible-builds.org), else when the sources were last committed. */
const sourceDate = async (): Promise<Date> => {
  const text =
    process.env['SOURCE_DATE_EPOCH'] ??
    (await run('git', ['log', '-1', '--format=%ct'], { cwd: repository }).catch(() => ''));
  if (/^\d+$/.test(text.trim())) return new Date(Number(text) * 1000);
  throw new Error(
    'the date of the sources is not known: there is no commit, and SOURCE_DATE_EPOCH is not set to seconds since 1970',
  );
};

/** As Debian's tools ask for it. */
const maintainer = (): string => {
  const { DEBFULLNAME: name, DEBEMAIL: address } = process.env;
  return `${name ?? 'certready maintainers'} <${address ?? 'maintainers@certready.invalid'}>`;
};

export const openRelease = async ({ fast }: { readonly fast: boolean }): Promise<Release> => {
  const text = await readFile(join(repository, 'package.json'), 'utf8');
  const { version, description } = JSON.parse(text) as { version: string; description: string };
  return { version, description, date: await sourceDate(), maintainer: maintainer(), fast };
};

export const seconds = ({ date }: Release): string => String(Math.floor(date.getTime() / 1000));

/** Of all that is built this takes the most time: the usual 6 is 4 % smaller, and half as slow again. */
export const xzLevel = 4;

/** What packages say of certready, in lines; an empty one parts paragraphs. */
export const summary: readonly string[] = [
  'certready answers before it happens. It fetches and verifies the new',
  "authority's CRLs, OCSP responses and certificates, looks for its root in the",
  'trust stores that the mail depends on, and says which firewall or root-store',
  'gaps there are, whose they are and how to close them.',
  '',
  'It runs once, for people and monitoring, or as a service that asks on a',
  'schedule and sends alerts.',
];
