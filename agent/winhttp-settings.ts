/** The machine's WinHTTP proxy setting, as `netsh winhttp set proxy` stores it. */

import { execFile } from 'node:child_process';

const key = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Connections';
const valueName = 'WinHttpSettings';
const timeoutMs = 5000;

/** The bytes in what `reg query` prints: `    WinHttpSettings    REG_BINARY    18000000…`. */
export const parseRegQuery = (text: string): Uint8Array | undefined => {
  const digits = /^\s*WinHttpSettings\s+REG_BINARY\s+((?:[0-9A-F]{2})+)\s*$/im.exec(text)?.[1];
  return digits === undefined ? undefined : Uint8Array.from(Buffer.from(digits, 'hex'));
};

/** @returns undefined where nothing is set, or where it cannot be read */
export const readWinHttpSettings = (): Promise<Uint8Array | undefined> =>
  new Promise((resolve) => {
    execFile(
      'reg.exe',
      ['query', key, '/v', valueName],
      { timeout: timeoutMs, windowsHide: true },
      (error, output) => resolve(error ? undefined : parseRegQuery(output)),
    );
  });
