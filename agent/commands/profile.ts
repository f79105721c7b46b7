/** `certready profile …`: the migrations that certready knows, and those that users write. */

import type { Command } from 'commander';
import type { Profile } from '../../checks/types.ts';
import { readBytes, readText } from '../documents/read.ts';
import { AgentError } from '../errors.ts';
import { builtInIds, builtInProfile } from '../profiles/built-in.ts';
import { loadProfile } from '../profiles/load.ts';
import {
  type AllowListOptions,
  addAllowListOptions,
  refuseAllowListOptions,
} from './allow-list-options.ts';
import { group } from './group.ts';
import type { Invocation } from './surroundings.ts';

const list = async ({ stdout }: Invocation): Promise<void> => {
  const profiles = await Promise.all(builtInIds.map(builtInProfile));
  const width = Math.max(...builtInIds.map((id) => id.length));
  const rows = profiles.map(({ id, title, effective = '-' }) =>
    [id.padEnd(width), effective.padEnd(10), title].join('  '),
  );
  await stdout.write(`${rows.join('\n')}\n`);
};

interface ShowOptions extends AllowListOptions {
  readonly json?: true;
  readonly pem?: true;
  readonly allowList?: true;
  readonly authority?: string;
  readonly output: string;
}

const shown = async (
  profile: Profile,
  { json, pem, authority }: ShowOptions,
  columns: number,
): Promise<string> => {
  if (pem) return (await import('../profiles/roots-pem.ts')).rootsPem(profile, authority);
  if (json) {
    const { profileDocument } = await import('../profiles/document.ts');
    return `${JSON.stringify(profileDocument(profile), null, 2)}\n`;
  }
  return (await import('./profile-text.ts')).describeProfile(profile, columns);
};

const show = async (
  reference: string,
  options: ShowOptions,
  invocation: Invocation,
): Promise<void> => {
  const { json, pem, allowList, authority, output } = options;
  const { stdout } = invocation;
  const asked = { '--json': json, '--pem': pem, '--allow-list': allowList };
  const [one, other] = Object.entries(asked).flatMap(([name, value]) => (value ? [name] : []));
  if (one !== undefined && other !== undefined)
    throw new AgentError('usage', `${one} and ${other}: one of them, not both`);
  if (!allowList) refuseAllowListOptions(options);
  if (authority !== undefined && !pem)
    throw new AgentError('usage', '--authority: needed with it: --pem');
  const text = allowList
    ? await (await import('./allow-list.ts')).allowList(reference, options, invocation)
    : await shown(await loadProfile(reference), options, stdout.columns);
  if (output === '-') return stdout.write(text);
  await (await import('./report-file.ts')).writeReportFile(output, text);
};

const check = async (path: string, { stdout }: Invocation): Promise<void> => {
  const text = await readText(path);
  const { parseProfile } = await import('../profiles/parse.ts');
  const { id, authorities, crls, ocsp } = await parseProfile(text, { path, readFile: readBytes });
  const counts = [
    `${authorities.length} authorities`,
    `${crls.length} CRLs`,
    `${ocsp.length} OCSP responders`,
  ];
  await stdout.write(`OK ${path}: profile ${id}, ${counts.join(', ')}\n`);
};

interface DeriveOptions {
  readonly id?: string;
  readonly title?: string;
}

const derive = async (
  paths: readonly string[],
  options: DeriveOptions,
  { stdout }: Invocation,
): Promise<void> => {
  const { deriveProfile } = await import('../profiles/derive.ts');
  const files = await Promise.all(
    paths.map(async (path) => ({ path, bytes: await readBytes(path) })),
  );
  await stdout.write(await deriveProfile(files, options));
};

export const addProfileCommand = (program: Command, invocation: Invocation): void => {
  const profile = group(program.command('profile'))
    .description('the certificate changes that certready knows, and your own')
    .addHelpText('after', '\nExample:\n  $ certready profile list');
  profile
    .command('list')
    .description('the built-in profiles: id, day of the change, title')
    .addHelpText('after', '\nExample:\n  $ certready profile list')
    .action(() => list(invocation));
  addAllowListOptions(profile.command('show'))
    .argument('<ID|FILE>', "a built-in profile's id or a profile file")
    .description('what a profile asks for, or what a firewall must allow for it')
    .option('--json', 'the whole profile as JSON, which is a profile file too')
    .option('--pem', "its roots' certificates, for a trust store")
    .option('--authority <ID>', 'with --pem: the certificate of this authority alone')
    .option('-o, --output <FILE>', 'write it there, atomically; - is standard output', '-')
    .addHelpText(
      'after',
      `\nExample:\n  $ certready profile show ${builtInIds[0]} --allow-list --format csv -o allow.csv`,
    )
    .action((reference: string, options: ShowOptions) => {
      const { config } = program.opts<{ config?: string }>();
      return show(
        reference,
        options.allowList && config !== undefined ? { config, ...options } : options,
        invocation,
      );
    });
  profile
    .command('check')
    .argument('<FILE>', 'a profile file, YAML or JSON')
    .description('is a profile file right? All of its errors at once')
    .addHelpText('after', '\nExample:\n  $ certready profile check our-partner.yaml')
    .action((path: string) => check(path, invocation));
  profile
    .command('derive')
    .argument('<PEM...>', 'files with the certificates of one chain, up to its root, in any order')
    .description("a profile from a mail host's certificate chain, as the certificates state it")
    .option('--id <ID>', 'its id')
    .option('--title <TEXT>', 'its title')
    .addHelpText(
      'after',
      '\nExample:\n  $ certready profile derive chain.pem root.pem > our-partner.yaml',
    )
    .action((paths: readonly string[], options: DeriveOptions) =>
      derive(paths, options, invocation),
    );
};
