/** A registry that the test makes up, as reg.exe shows it. */

import assert from 'node:assert/strict';
import type { RunCommand } from '../../../checks/stores/commands.ts';

export const machine = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\SystemCertificates';
export const listing = (store: string, ...blobs: readonly (readonly [string, Buffer])[]): string =>
  blobs
    .map(
      ([key, blob]) =>
        `\r\n${machine}\\${store}\\Certificates\\${key}\r\n    Blob    REG_BINARY    ${blob.toString('hex').toUpperCase()}\r\n`,
    )
    .join('');

/** A reg.exe that knows some keys, refuses some, and fails for all others in a language of its own. */
export const registry =
  (known: Readonly<Record<string, string>>, refused: readonly string[] = []): RunCommand =>
  (program, [, key = '']) => {
    assert.equal(program, 'reg.exe');
    const full = key.replace(/^HKLM/, 'HKEY_LOCAL_MACHINE');
    const output = known[full];
    if (output !== undefined) return Promise.resolve({ output });
    const below = [...Object.keys(known), ...refused].filter((one) => one.startsWith(`${full}\\`));
    if (below.length === 0 || refused.includes(full))
      return Promise.resolve({ failure: 'reg.exe failed: FEHLER' });
    const children = below.map((one) =>
      one
        .split('\\')
        .slice(0, full.split('\\').length + 1)
        .join('\\'),
    );
    return Promise.resolve({ output: `\r\n${[...new Set(children)].join('\r\n')}\r\n` });
  };

/** Binary values of a key. */
export const values = (key: string, binaries: Readonly<Record<string, Buffer>>): string =>
  Object.entries(binaries).reduce(
    (lines, [name, bytes]) => `${lines}    ${name}    REG_BINARY    ${bytes.toString('hex')}\r\n`,
    `\r\n${key}\r\n`,
  );

/** Values of keys, by the whole name of the key, as lines of reg.exe. */
export type RegistryKeys = Readonly<Record<string, readonly string[]>>;

const isBelow = (key: string, parent: string): boolean => key.startsWith(`${parent}\\`);

/**
 * A reg.exe over a whole registry: keys have their parents, `/s` shows all below that may be read, and what may
 * not is left out of it without a word. @param failing keys whose trees cannot be had at once
 */
export const wholeRegistry = (
  keys: RegistryKeys,
  {
    refused = [],
    failing = [],
  }: { readonly refused?: readonly string[]; readonly failing?: readonly string[] } = {},
): { readonly run: RunCommand; readonly asked: string[] } => {
  const asked: string[] = [];
  const all = new Set(
    [...Object.keys(keys), ...refused].flatMap((key) =>
      key.split('\\').map((_, index, parts) => parts.slice(0, index + 1).join('\\')),
    ),
  );
  const mayRead = (key: string): boolean =>
    !refused.some((one) => one === key || isBelow(key, one));
  const shown = (key: string): string =>
    [key, ...(keys[key] ?? []).map((line) => `    ${line}`), ''].join('\r\n');
  const run: RunCommand = (_program, [, asking = '', option]) => {
    asked.push([asking, option].filter(Boolean).join(' '));
    const key = asking.replace(/^HKLM/, 'HKEY_LOCAL_MACHINE');
    const cannot = option === '/s' && failing.includes(key);
    if (!all.has(key) || !mayRead(key) || cannot)
      return Promise.resolve({ failure: 'reg.exe failed: FEHLER' });
    const below = [...all].filter((one) => isBelow(one, key));
    const children = below.filter((one) => !one.slice(key.length + 1).includes('\\'));
    const lines =
      option === '/s' ? below.filter(mayRead).map(shown) : children.map((one) => `${one}\r\n`);
    return Promise.resolve({ output: [shown(key), ...lines].join('\r\n') });
  };
  return { run, asked };
};
