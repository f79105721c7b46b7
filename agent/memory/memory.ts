/** What the agent's runs remember of each other, in its state folder: one run reads it, and leaves it to the next. */

import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { BodyCache } from '../../checks/net/conditional.ts';
import type { Memory, SeenCrl } from '../../checks/types.ts';
import { systemCode, systemReason } from '../errors.ts';
import type { CheckResult, Report } from '../report/report.ts';
import { writeDurably } from '../state/durable-file.ts';
import { frame, unframe } from '../state/state-file.ts';
import { type BodyStore, bodyStore } from './body-store.ts';
import { type SavedBody, type SavedMemory, emptyMemory, memoryFraming } from './saved-memory.ts';

export interface MemoryOptions {
  readonly stateDir: string;
  readonly platform: NodeJS.Platform;
  readonly now: () => Date;
}

export interface RunMemory {
  readonly memory: Memory;
  readonly bodies: BodyCache;
  /** Why the memory of before could not be used, in one line. */
  readonly setAside?: string;
  /** Saves what this run saw. @returns why it could not, in one line */
  close(report: Report): Promise<string | undefined>;
}

const hourMs = 3_600_000;
/** Each body is fetched whole once in this time, so that no 304 stands for a body for ever. */
const fullFetchMs = 23 * hourMs;
/** What nobody asks for any more is forgotten after this. */
const forgetMs = 30 * 24 * hourMs;
/** The most bytes of bodies that are kept. */
const mostBytes = 128 * 1024 * 1024;
/** The most entries of each kind. */
const mostEntries = 1000;

const read = async (
  path: string,
): Promise<{ readonly saved: SavedMemory; readonly setAside?: string }> => {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return { saved: emptyMemory };
    return { saved: emptyMemory, setAside: `${path}: ${systemReason(error)}` };
  }
  const { data, bad } = await unframe(memoryFraming, bytes);
  if (bad === undefined) return { saved: data };
  const aside = `${path}.bad`;
  const moved = await rename(path, aside).then(
    () => `set aside as ${aside}`,
    (error: unknown) => `it could not be set aside: ${systemReason(error)}`,
  );
  return { saved: emptyMemory, setAside: `${path}: ${bad}; starting without it, ${moved}` };
};

/** The newest entries, the newest last. */
const newest = <T>(entries: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(entries).slice(-mostEntries));

const isNewer = (crl: SeenCrl, than: SeenCrl | undefined): boolean =>
  than === undefined ||
  crl.number > than.number ||
  (crl.number === than.number && crl.thisUpdate > than.thisUpdate);

/** What one run recalls, and what it notes. */
class Notes implements Memory {
  readonly #before: SavedMemory;
  readonly #now: () => Date;
  readonly #crls = new Map<string, SeenCrl>();
  readonly #starttls = new Map<string, number>();

  constructor(before: SavedMemory, now: () => Date) {
    this.#before = before;
    this.#now = now;
  }

  crl(key: string): SeenCrl | undefined {
    const seen = this.#before.crls[key];
    return seen && { number: BigInt(seen.number), thisUpdate: new Date(seen.thisUpdate) };
  }

  noteCrl(key: string, crl: SeenCrl): void {
    if (isNewer(crl, this.#crls.get(key) ?? this.crl(key))) this.#crls.set(key, crl);
  }

  starttls(target: string): Date | undefined {
    const at = this.#before.starttls[target];
    return at === undefined ? undefined : new Date(at);
  }

  noteStarttls(target: string): void {
    this.#starttls.set(target, this.#now().getTime());
  }

  after(): Pick<SavedMemory, 'crls' | 'starttls'> {
    const crls: Record<string, SavedMemory['crls'][string]> = { ...this.#before.crls };
    for (const [key, { number, thisUpdate }] of this.#crls)
      crls[key] = { number: number.toString(), thisUpdate: thisUpdate.getTime() };
    return {
      crls: newest(crls),
      starttls: newest({ ...this.#before.starttls, ...Object.fromEntries(this.#starttls) }),
    };
  }
}

/** What a check's URL gave: the URL itself, or a question put to it in a longer one (OCSP by GET). */
const isAbout = (url: string, { target }: CheckResult): boolean => {
  const asked = target.replace(/#.*$/, '');
  return url === asked || url.startsWith(`${asked.replace(/\/$/, '')}/`);
};

const endOf = ({ evidence }: CheckResult): number | undefined => {
  const end = evidence['nextUpdate'];
  const time = typeof end === 'string' ? Date.parse(end) : NaN;
  return Number.isNaN(time) ? undefined : time;
};

/** Fetched bodies; only those that a check found right are asked about again. */
class Bodies implements BodyCache {
  readonly #store: BodyStore;
  readonly #now: () => Date;
  readonly #saved: Map<string, SavedBody>;
  /** Why a body could not be written. */
  failure: unknown;

  constructor(saved: SavedMemory, store: BodyStore, now: () => Date) {
    this.#store = store;
    this.#now = now;
    this.#saved = new Map(Object.entries(saved.bodies));
  }

  async recall(url: string): ReturnType<BodyCache['recall']> {
    const saved = this.#saved.get(url);
    if (!saved) return undefined;
    const now = this.#now().getTime();
    this.#saved.set(url, { ...saved, usedAt: now });
    const { fetchedAt, freshUntil = Infinity, sha256, etag, lastModified } = saved;
    // A clock that was put back makes an age negative: that proves nothing.
    const age = now - fetchedAt;
    if (age < 0 || age >= fullFetchMs || now >= freshUntil) return undefined;
    const body = await this.#store.read(sha256);
    const validators = {
      ...(etag !== undefined && { etag }),
      ...(lastModified !== undefined && { lastModified }),
    };
    return body && { body, validators };
  }

  async keep(url: string, { body, validators }: Parameters<BodyCache['keep']>[1]): Promise<void> {
    const now = this.#now().getTime();
    this.#saved.delete(url);
    try {
      const sha256 = await this.#store.write(body);
      const entry = { sha256, bytes: body.length, fetchedAt: now, usedAt: now };
      this.#saved.set(url, { ...validators, ...entry });
    } catch (error) {
      this.failure = error;
    }
  }

  /** What is still worth asking about, by what the checks made of it, within bounds. */
  after({ checks }: Report): SavedMemory['bodies'] {
    const now = this.#now().getTime();
    const kept: [string, SavedBody][] = [];
    let bytes = 0;
    const latestFirst = [...this.#saved].sort(([, a], [, b]) => b.usedAt - a.usedAt);
    for (const [url, saved] of latestFirst) {
      const judged = checks.filter((check) => isAbout(url, check));
      const isDoubtful = judged.some(({ status }) => status !== 'ok');
      bytes += saved.bytes;
      if (isDoubtful || now - saved.usedAt > forgetMs || bytes > mostBytes) continue;
      const ends = judged.flatMap((check) => endOf(check) ?? []);
      kept.push([url, { ...saved, ...(ends.length > 0 && { freshUntil: Math.min(...ends) }) }]);
    }
    return newest(Object.fromEntries(kept.reverse()));
  }
}

/** Never throws: without a memory a run is a first run. */
export const openMemory = async ({
  stateDir,
  platform,
  now,
}: MemoryOptions): Promise<RunMemory> => {
  const path = join(stateDir, 'memory.json');
  const store = bodyStore(join(stateDir, 'cache'));
  const { saved, setAside } = await read(path);
  const notes = new Notes(saved, now);
  const bodies = new Bodies(saved, store, now);
  return {
    memory: notes,
    bodies,
    ...(setAside !== undefined && { setAside }),
    async close(report) {
      const after: SavedMemory = { ...notes.after(), bodies: bodies.after(report) };
      try {
        await writeDurably(path, frame(memoryFraming, after), { platform });
        await store.keepOnly(new Set(Object.values(after.bodies).map(({ sha256 }) => sha256)));
      } catch (error) {
        return `${path}: ${systemReason(error)}`;
      }
      const { failure } = bodies;
      return failure === undefined
        ? undefined
        : `${join(stateDir, 'cache')}: ${systemReason(failure)}`;
    },
  };
};
