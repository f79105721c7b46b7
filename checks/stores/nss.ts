/** NSS certificate databases (cert9.db), with the trust that `certutil -M -t` sets per purpose. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreEntry, TrustStore } from '../types.ts';
import { soundEntries } from './certificate-form.ts';
import { kindOfPath, readStoreFile } from './files.ts';
import { type SqliteRow, SqliteError, readTable } from './sqlite.ts';
import { type Collected, StoreError, contentsOf } from './store-error.ts';

/** The columns are named by PKCS#11 attribute types in hex (pkcs11t.h, pkcs11n.h of NSS). */
const columns = {
  class: 'a0',
  label: 'a3',
  value: 'a11',
  issuer: 'a81',
  serial: 'a82',
  serverAuth: 'ace536358',
  clientAuth: 'ace536359',
  codeSigning: 'ace53635a',
  emailProtection: 'ace53635b',
} as const;

const classes = { certificate: 0x00000001, trust: 0x0000000b, nssTrust: 0xce534353 } as const;

/** CKT_NSS_TRUSTED_DELEGATOR: a CA for that purpose. CKT_NSS_NOT_TRUSTED: distrusted for it. */
const trustedDelegator = 0xce534352;
const notTrusted = 0xce53435a;

const purposes = ['serverAuth', 'clientAuth', 'codeSigning', 'emailProtection'] as const;

const bytesOf = (row: SqliteRow, column: string): Buffer | undefined => {
  const value = row.get(column);
  return Buffer.isBuffer(value) ? value : undefined;
};

/** NSS stores numbers as four bytes, big-endian. */
const numberOf = (row: SqliteRow, column: string): number | undefined => {
  const bytes = bytesOf(row, column);
  return bytes?.length === 4 ? bytes.readUInt32BE(0) : undefined;
};

const identityOf = (row: SqliteRow): string =>
  [columns.issuer, columns.serial]
    .map((column) => bytesOf(row, column)?.toString('hex') ?? '')
    .join(' ');

const entryOf = (row: SqliteRow, trust: SqliteRow | undefined, path: string): StoreEntry[] => {
  const der = bytesOf(row, columns.value);
  if (der === undefined) return [];
  const label = bytesOf(row, columns.label)?.toString('utf8') ?? '';
  const values = new Map(
    purposes.map((purpose) => [purpose, trust && numberOf(trust, columns[purpose])]),
  );
  return [
    {
      der,
      trust: values.get('serverAuth') === notTrusted ? 'distrusted' : 'trusted',
      purposes: purposes.filter((purpose) => values.get(purpose) === trustedDelegator),
      origin: `${path}#${label}`,
    },
  ];
};

const readDatabase = (bytes: Buffer, path: string): Collected => {
  const rows = readTable(bytes, 'nssPublic');
  const ofClass = (wanted: number): SqliteRow[] =>
    rows.filter((row) => numberOf(row, columns.class) === wanted);
  if (ofClass(classes.trust).length > 0)
    throw new StoreError('unreadable', `${path}: trust objects of a newer NSS than are read`);
  const trusts = new Map(ofClass(classes.nssTrust).map((row) => [identityOf(row), row]));
  const entries = ofClass(classes.certificate).flatMap((row) =>
    entryOf(row, trusts.get(identityOf(row)), path),
  );
  return soundEntries({ entries, problems: [] });
};

/** A transaction that a crash interrupted: what the file says is half of it. */
const hasHotJournal = async (path: string): Promise<boolean> =>
  ((await stat(`${path}-journal`).catch(() => undefined))?.size ?? 0) > 0;

const readNss = async (folder: string, signal: AbortSignal): Promise<Collected> => {
  const path = join(folder, 'cert9.db');
  const bytes = await readStoreFile(path, signal);
  if (await hasHotJournal(path))
    throw new StoreError('unreadable', `${path}: a write to it is not finished`);
  try {
    return readDatabase(bytes, path);
  } catch (error) {
    if (error instanceof SqliteError)
      throw new StoreError('unreadable', `${path}: ${error.message}`);
    throw error;
  }
};

const trustsServers = ({ trust, purposes: trusted }: StoreEntry): boolean =>
  trust === 'distrusted' || trusted === undefined || trusted.includes('serverAuth');

/**
 * A database in its folder. One that was only found (`asFound`) counts as a store once it says anything
 * of authorities for servers: most hold keys and tokens, and their programs bring roots of their own.
 */
export const nssDatabase = (
  { name, path }: Pick<TrustStore, 'name' | 'path'>,
  asFound = false,
): TrustStore => ({
  kind: 'nss',
  name,
  path,
  mail: 'unknown',
  read: (signal) =>
    contentsOf(async () => {
      const collected = await readNss(path, signal);
      if (asFound && !collected.entries.some(trustsServers))
        throw new StoreError('absent', `${path} holds no authorities: nobody's roots come from it`);
      return collected;
    }),
});

/** Where distributions keep the database that is shared by all programs. */
const sharedFolder = '/etc/pki/nssdb';

export const foundNssDatabases = async (root = '/'): Promise<readonly TrustStore[]> => {
  const path = join(root, sharedFolder);
  const kind = await kindOfPath(join(path, 'cert9.db')).catch(() => 'file');
  return [kind === 'file' ? nssDatabase({ name: sharedFolder, path }, true) : noNss];
};

const noNss: TrustStore = {
  kind: 'nss',
  name: sharedFolder,
  path: sharedFolder,
  mail: 'unused',
  read: () => Promise.resolve({ absent: `${sharedFolder} has no database of NSS` }),
};
