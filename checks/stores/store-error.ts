/** Why a store could not be read, and what that means: it is not there, or it is and nobody knows what it says. */

import type { StoreContents, StoreEntry, StoreProblem } from '../types.ts';

export type StoreFault = 'absent' | 'unreadable';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly fault: StoreFault;

  constructor(fault: StoreFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

export interface Collected {
  readonly entries: readonly StoreEntry[];
  readonly problems: readonly StoreProblem[];
}

/** What a reader collected, or the StoreError that it threw, as contents; any other error is a bug and passes. */
export const contentsOf = async (read: () => Promise<Collected>): Promise<StoreContents> => {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return error.fault === 'absent' ? { absent: error.message } : { unreadable: error.message };
  }
};
