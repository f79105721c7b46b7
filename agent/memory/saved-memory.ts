/** What the file of earlier runs' sights holds, and the check of what is read back. */

import type { Validators } from '../../checks/types.ts';
import type { Framing } from '../state/state-file.ts';

/** A body that is kept beside the file. Times are milliseconds. */
export interface SavedBody extends Validators {
  /** Of the body: its file's name, and its check. */
  readonly sha256: string;
  readonly bytes: number;
  /** When it was last fetched whole. */
  readonly fetchedAt: number;
  /** When it was last asked for. */
  readonly usedAt: number;
  /** What it says ends here (nextUpdate). */
  readonly freshUntil?: number;
}

export interface SavedMemory {
  /** Number in decimal and thisUpdate in milliseconds, by issuer and scope. */
  readonly crls: Readonly<Record<string, { readonly number: string; readonly thisUpdate: number }>>;
  /** When STARTTLS was last offered, by `HOST:PORT`. */
  readonly starttls: Readonly<Record<string, number>>;
  /** By URL. */
  readonly bodies: Readonly<Record<string, SavedBody>>;
}

export const emptyMemory: SavedMemory = { crls: {}, starttls: {}, bodies: {} };

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTextOrNone = (value: unknown): boolean => value === undefined || typeof value === 'string';

const isCrl = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['number'] === 'string' &&
  /^\d{1,60}$/.test(value['number']) &&
  Number.isFinite(value['thisUpdate']);

const isBody = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['sha256'] === 'string' &&
  /^[0-9a-f]{64}$/.test(value['sha256']) &&
  ['bytes', 'fetchedAt', 'usedAt'].every((key) => Number.isFinite(value[key])) &&
  (value['freshUntil'] === undefined || Number.isFinite(value['freshUntil'])) &&
  isTextOrNone(value['etag']) &&
  isTextOrNone(value['lastModified']);

const parts = { crls: isCrl, starttls: Number.isFinite, bodies: isBody } as const;

export const memoryFraming: Framing<SavedMemory> = {
  format: 'certready-memory',
  version: 1,
  // By hand: a run of built-in profiles loads no zod.
  parse(data) {
    for (const [part, isRight] of Object.entries(parts)) {
      const entries = isRecord(data) ? data[part] : undefined;
      if (!isRecord(entries)) throw new Error(`its content is not right at ${part}`);
      for (const [key, value] of Object.entries(entries))
        if (!isRight(value)) throw new Error(`its content is not right at ${part}.${key}`);
    }
    return data as SavedMemory;
  },
};
