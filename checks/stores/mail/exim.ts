/** Exim, asked by `exim -bP transports`: each SMTP transport's roots and whether they are obligatory (spec.txt, ch. 30). */

import type { TrustStore } from '../../types.ts';
import type { TlsLibrary } from '../certificate-form.ts';
import type { RunCommand } from '../commands.ts';
import { kindOfPath } from '../files.ts';
import type { MailTrust, MailUse, RootSource } from './mail-trust.ts';

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
const libraryOf = async (run: RunCommand, program: string): Promise<TlsLibrary> => {
  const answer = await run(program, ['-bV']);
  const isGnutls = 'output' in answer && /^Support for:.*\bGnuTLS\b/m.test(answer.output);
  return isGnutls ? 'gnutls' : 'openssl';
};

/** A file, a folder or `system`; undefined for what only Exim can expand, at the time of a delivery. */
const sourceOf = async (value: string): Promise<RootSource | undefined> => {
  if (/^system(?:,cache)?$/.test(value)) return { kind: 'system' };
  const path = ifExists.exec(value)?.[1] ?? value;
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

const useOf = async ({ name, options }: Transport): Promise<MailUse> => {
  const mail = mailOf(options);
  const certificates = options.get('tls_verify_certificates') ?? 'system';
  if (certificates === '') return { service: name, sources: [], mail };
  const source = await sourceOf(certificates);
  if (source) return { service: name, sources: [source], mail };
  // It may be any file: which one this is about is not known, unless it decides nothing
  const sources: RootSource[] = [{ kind: 'system' }];
  return { service: name, sources, mail: mail === 'unused' ? 'unused' : 'unknown' };
};

const ask = async (run: RunCommand, program: string): Promise<MailTrust[]> => {
  const answer = await run(program, ['-bP', 'transports']);
  if ('absent' in answer) return [];
  const common = { program: 'exim', configuration: `${program} -bP transports` };
  if ('failure' in answer) return [{ ...common, failure: answer.failure }];
  const smtp = parseTransports(answer.output).filter(
    ({ options }) => options.get('driver') === 'smtp',
  );
  const library = await libraryOf(run, program);
  return [{ ...common, library, uses: await Promise.all(smtp.map(useOf)) }];
};

/** Exim under the name that Debian gives it, or its own. */
export const askExim = async (run: RunCommand): Promise<MailTrust[]> => {
  const debian = await ask(run, 'exim4');
  return debian.length > 0 ? debian : ask(run, 'exim');
};
