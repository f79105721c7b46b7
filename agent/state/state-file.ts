/** The form of a state file: what it is, its version, a checksum, the data. Anything else is not ours to read. */

import { createHash } from 'node:crypto';

export interface Framing<T> {
  /** What the file holds, e.g. `certready-state`. */
  readonly format: string;
  /** Of the data's shape, from 1 on. */
  readonly version: number;
  /** Checks what was read. @throws an Error that says what is wrong */
  readonly parse: (data: unknown) => T | Promise<T>;
}

export type ReadState<T> =
  | { readonly data: T; readonly bad?: undefined }
  | { readonly data?: undefined; readonly bad: string };

const checksum = (text: string): string => createHash('sha256').update(text).digest('hex');

export const frame = <T>({ format, version }: Framing<T>, data: T): string => {
  const text = JSON.stringify(data);
  return `${JSON.stringify({ format, version, sha256: checksum(text) }).slice(0, -1)},"data":${text}}\n`;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const decode = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
};

/** What a file's bytes hold, or why they cannot be used. */
export const unframe = async <T>(
  { format, version, parse }: Framing<T>,
  bytes: Uint8Array,
): Promise<ReadState<T>> => {
  if (bytes.length === 0) return { bad: 'it is empty' };
  const document = decode(bytes);
  if (!isRecord(document)) return { bad: 'it is torn, or no JSON' };
  if (document['format'] !== format) return { bad: 'another program wrote it' };
  const found = document['version'];
  if (typeof found !== 'number' || found > version)
    return {
      bad: `a newer certready wrote it (version ${String(found)}, this one reads ${version})`,
    };
  // JSON.stringify gives back the bytes of what JSON.parse read from it.
  if (document['sha256'] !== checksum(JSON.stringify(document['data'] ?? null)))
    return { bad: 'its checksum is wrong: it is damaged, or was edited' };
  try {
    return { data: await parse(document['data']) };
  } catch (error) {
    return { bad: error instanceof Error ? error.message : String(error) };
  }
};
