/** How the tests of stores look at one: each root by one word, and a folder that goes away with the test. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { fingerprint256 } from '../../checks/pki/certificate.ts';
import { type RootJudgement, indexStore, judgeRoot } from '../../checks/stores/root-in-store.ts';
import type { StoreContents, TrustStore } from '../../checks/types.ts';
import { testTime } from '../helpers/private-ca.ts';

export const temporaryFolder = async (t: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'certready-store-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

/** Writes files by their paths below a folder. */
export const lay = async (
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> => {
  for (const [path, content] of Object.entries(files)) {
    const at = join(folder, path);
    await mkdir(dirname(at), { recursive: true });
    await writeFile(at, content);
  }
};

export const readStore = (store: TrustStore): Promise<StoreContents> =>
  store.read(AbortSignal.timeout(60_000));

/** The contents of a store that is there and readable. */
export const readEntries = async (
  store: TrustStore,
): Promise<Extract<StoreContents, { entries: object }>> => {
  const contents = await readStore(store);
  if (contents.entries === undefined) assert.fail(JSON.stringify(contents));
  return contents;
};

export const judgeIn = async (store: TrustStore, der: Uint8Array): Promise<RootJudgement> =>
  judgeRoot(indexStore(await readEntries(store)), { sha256: fingerprint256(der), der }, testTime);

/** `ok`, or the first gap's code with the reason that its evidence gives. */
export const verdictIn = async (store: TrustStore, der: Uint8Array): Promise<string> => {
  const { faults, unknown } = await judgeIn(store, der);
  if (unknown !== undefined) return 'unknown';
  const [fault] = faults;
  if (fault === undefined) return 'ok';
  const reason = fault.evidence['reason'];
  return typeof reason === 'string' ? `${fault.code} ${reason}` : fault.code;
};
