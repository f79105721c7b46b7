/**
 * koffi's native half in a single executable. The system loads libraries from files alone, so it has to lie
 * somewhere; what is loaded is only ever what the executable itself holds, byte for byte.
 */

import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getRawAsset } from 'node:sea';

const fileName = 'koffi.node';

const load = (path: string): unknown => {
  const module = { exports: {} };
  process.dlopen(module, path);
  return module.exports;
};

/** Whoever can write beside the executable can replace the executable. */
const besideExecutable = (): readonly string[] => {
  const folder = dirname(process.execPath);
  return process.platform === 'win32'
    ? [join(folder, fileName)]
    : [join(folder, '..', 'lib', 'certready', fileName), join(folder, fileName)];
};

const holds = (path: string, expected: Uint8Array): boolean => {
  try {
    return readFileSync(path).equals(expected);
  } catch {
    return false;
  }
};

/** A library that is loaded cannot be removed on Windows, so it stays, beside the executable. */
const layBeside = (bytes: Uint8Array): string => {
  const path = join(dirname(process.execPath), fileName);
  const fresh = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(fresh, bytes);
    renameSync(fresh, path);
  } finally {
    rmSync(fresh, { force: true });
  }
  return path;
};

const loadFromPrivateFolder = (bytes: Uint8Array): unknown => {
  const folder = mkdtempSync(join(tmpdir(), 'certready-'));
  try {
    const path = join(folder, fileName);
    writeFileSync(path, bytes);
    return load(path);
  } finally {
    rmSync(folder, { recursive: true, force: true }); // what is loaded stays loaded
  }
};

/**
 * Takes the place of koffi's own search, which on Windows looks in folders that any user may make.
 * @throws where the file can neither be found nor be laid down
 */
export const loadStatic = (): unknown => {
  const bytes = new Uint8Array(getRawAsset(fileName) as ArrayBuffer);
  const present = besideExecutable().find((path) => holds(path, bytes));
  if (present !== undefined) return load(present);
  return process.platform === 'win32' ? load(layBeside(bytes)) : loadFromPrivateFolder(bytes);
};
