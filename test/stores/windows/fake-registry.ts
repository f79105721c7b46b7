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
