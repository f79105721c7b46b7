/** What Windows trusts on this machine: Root, AuthRoot, group policy and enterprise, less what is disallowed. */

import type { StoreEntry, StoreProblem, TrustStore } from '../../types.ts';
import { soundEntries } from '../certificate-form.ts';
import type { RunCommand } from '../commands.ts';
import { type Collected, StoreError, contentsOf } from '../store-error.ts';
import { loadNative } from './native.ts';
import { type PhysicalStore, type StoreRole, physicalStores } from './physical-stores.ts';
import { regExe } from './reg-exe.ts';
import type { SerializedEntry } from './reader.ts';
import { machineRootUpdates } from './root-updates.ts';
import { isAnchor, readRestrictions, restricted } from './restrictions.ts';
import { BlobError, readSerialized, trustOf } from './serialized-certificate.ts';

export const machineStoreName = 'LocalMachine\\Root';

/**
 * A certificate among the disallowed is distrusted whatever its properties say, or fail to say; one among
 * intermediates anchors nothing. @throws BlobError
 */
const entryOf = ({ origin, blob, thumbprint }: SerializedEntry, role: StoreRole): StoreEntry => {
  const { der, properties } = readSerialized(blob, thumbprint);
  switch (role) {
    case 'anchors':
      return { der, ...trustOf(properties), origin };
    case 'disallowed':
      return { der, trust: 'distrusted', origin };
    case 'intermediates':
      return {
        der,
        ...trustOf(properties),
        origin,
        missingFrom: [{ part: 'anchors', path: machineStoreName }],
      };
  }
};

const collect = (
  store: PhysicalStore,
  serialized: readonly SerializedEntry[],
  into: { entries: StoreEntry[]; problems: StoreProblem[] },
): void => {
  for (const one of serialized)
    try {
      into.entries.push(entryOf(one, store.role));
    } catch (error) {
      if (!(error instanceof BlobError)) throw error;
      into.problems.push({ origin: one.origin, problem: error.message });
    }
};

const authRootOrigin = 'LocalMachine\\AuthRoot#';

/** Asks Windows' own functions, or reg.exe where those cannot be called. @throws StoreError */
const readMachine = async (run: RunCommand): Promise<Collected> => {
  const { certificates, values } = (await loadNative()) ?? regExe(run);
  const [read, restrictions] = await Promise.all([
    Promise.all(
      physicalStores.map(async (store) => ({ store, serialized: await certificates(store) })),
    ),
    readRestrictions(values),
  ]);
  const into = { entries: new Array<StoreEntry>(), problems: new Array<StoreProblem>() };
  for (const { store, serialized } of read) collect(store, serialized, into);
  // A Windows that trusts nobody does not exist: whoever answers so has refused
  if (!into.entries.some(isAnchor))
    throw new StoreError('unreadable', `${machineStoreName}: Windows shows no certificates at all`);
  return restricted(soundEntries(into), restrictions, ({ origin }) =>
    origin.startsWith(authRootOrigin),
  );
};

/** One store: a root in any of its parts is trusted, unless one of the lists of disallowed ones has it. */
export const machineStore = (run: RunCommand): TrustStore => ({
  kind: 'windows',
  name: machineStoreName,
  path: machineStoreName,
  mail: 'unknown',
  updates: machineRootUpdates(run),
  read: () => contentsOf(() => readMachine(run)),
});
