/** Exim, asked by `exim -bP transports`: each SMTP transport's roots and whether they are obligatory (spec.txt, ch. 30). */

import type { TrustStore } from '../../types.ts';
import type { TlsLibrary } from '../certificate-form.ts';
import type { CommandResult, RunCommand } from '../commands.ts';
import { kindOfPath } from '../files.ts';
import type { MailTrust, MailUse, RootSource } from './mail-trust.ts';

type AskExim = (args: readonly string[]) => Promise<CommandResult>;

interface Transport {
  readonly name: string;
  readonly options: ReadonlyMap<string, string>;
}

/** `NAME transport:` and then `option = value` lines, or `option` and `no_option` alone. */
export const parseTransports = (output: string): readonly Transport[] => {
  const transports: { name: string; options: Map<string, string> }[] = [];
  for (const line of output.split('\n')) {
    const name = /^(\S+) transport:$/.exec(line)?.[1];
    if (name !== undefined) transports.push({ name, options: new Map() });
    const option = /^([a-z0-9_]+) =(?: (.*))?$/.exec(line);
    if (option?.[1] !== undefined)
      transports.at(-1)?.options.set(option[1], (option[2] ?? '').trim());
  }
  return transports;
};

/** Debian's way to name the bundle if it is there. */
const ifExists = /^\$\{if\s+exists\s*\{([^{}$]+)\}\s*\{\1\}\s*\{\/dev\/null\}\s*\}$/;

/**
 * Debian builds Exim with GnuTLS, others with OpenSSL: it says so itself. OpenSSL is stricter about lines, so that
 * it stands for the one that is not known.
 */
const libraryOf = async (exim: AskExim): Promise<TlsLibrary> => {
  const answer = await exim(['-bV']);
  const isGnutls = 'output' in answer && /^Support for:.*\bGnuTLS\b/m.test(answer.output);
  return isGnutls ? 'gnutls' : 'openssl';
};

/** What expands the same at any time, and does nothing but look. */
const fixedItems: ReadonlySet<string> = new Set([
  'if',
  'exists',
  'primary_hostname',
  'qualify_domain',
  'spool_directory',
  'config_dir',
]);

const isFixed = (value: string): boolean =>
  [...value.matchAll(/\$\{?\s*(\w+)|(\w+)\s*(?=\{)/g)].every(([, item, condition]) =>
    fixedItems.has(item ?? condition ?? ''),
  );

/** Exim's own expansion of what does not depend on the delivery; anything else stays as it is. */
const expanded = async (ask: AskExim, value: string): Promise<string> => {
  const fixed = ifExists.exec(value)?.[1];
  if (fixed !== undefined) return fixed;
  if (!value.includes('$') || !isFixed(value)) return value;
  const answer = await ask(['-be', value]);
  return 'output' in answer ? answer.output.trim() : value;
};

/** A file, a folder or `system`; undefined for what only Exim can expand, at the time of a delivery. */
const sourceOf = async (path: string): Promise<RootSource | undefined> => {
  if (/^system(?:,cache)?$/.test(path)) return { kind: 'system' };
  if (!path.startsWith('/') || path.includes('$')) return undefined;
  const isFolder = (await kindOfPath(path).catch(() => 'other')) === 'folder';
  return { kind: isFolder ? 'folder' : 'file', path };
};

/**
 * `tls_verify_hosts` makes verification obligatory. `tls_try_verify_hosts`, which is `*` by default,
 * only notes that it failed.
 */
const mailOf = (options: Transport['options']): TrustStore['mail'] => {
  const hosts = options.get('tls_verify_hosts') ?? '';
  if (hosts === '' || hosts === ':') return 'unused';
  return hosts.includes('$') ? 'unknown' : 'verifies';
};

const useOf = async ({ name, options }: Transport, ask: AskExim): Promise<MailUse> => {
  const mail = mailOf(options);
  const certificates = await expanded(ask, options.get('tls_verify_certificates') ?? 'system');
  if (certificates === '') return { service: name, sources: [], mail };
  const source = await sourceOf(certificates);
  if (source) return { service: name, sources: [source], mail };
  // It may be any file: which one this is about is not known, unless it decides nothing
  const sources: RootSource[] = [{ kind: 'system' }];
  if (mail === 'unused') return { service: name, sources, mail };
  const undetermined = `transport ${name} verifies with ${certificates}, which only a delivery makes a path of`;
  return { service: name, sources, mail: 'unknown', undetermined };
};

const ask = async (run: RunCommand, program: string): Promise<MailTrust[]> => {
  const exim: AskExim = (args) => run(program, args);
  const answer = await exim(['-bP', 'transports']);
  if ('absent' in answer) return [];
  const common = { program: 'exim', configuration: `${program} -bP transports` };
  if ('failure' in answer) return [{ ...common, failure: answer.failure }];
  const smtp = parseTransports(answer.output).filter(
    ({ options }) => options.get('driver') === 'smtp',
  );
  const uses = await Promise.all(smtp.map((transport) => useOf(transport, exim)));
  return [{ ...common, library: await libraryOf(exim), uses }];
};

/** Exim under the name that Debian gives it, or its own. */
export const askExim = async (run: RunCommand): Promise<MailTrust[]> => {
  const debian = await ask(run, 'exim4');
  return debian.length > 0 ? debian : ask(run, 'exim');
};
