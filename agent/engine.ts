/** How much of V8 a process uses: memory against speed. */

import { setFlagsFromString } from 'node:v8';

const setFlags = (...flags: readonly string[]): void => flags.forEach(setFlagsFromString);

/**
 * To be called before anything else is loaded. Loading alone makes V8 compile in the background: then its
 * optimizer stays resident with what it compiled, some 5 MB that the agent at rest has no use for.
 *
 * A body arrives in buffers of 64 KiB that are freed when the young generation is collected, which knows
 * little of their weight: the larger it may grow, the more of them wait. Here it stays as small as it
 * starts, which keeps some 17 MB off the peak of a large download. `version` as `process.version` has it:
 * only Node 20 has been measured.
 */
export const beginSmall = (version: string): void => {
  setFlags('--no-opt', '--no-sparkplug');
  if (version.startsWith('v20.')) setFlags('--semi-space-growth-factor=1');
};

/** For whoever has much to compute, and then ends. */
export const useCompilers = (): void => setFlags('--opt', '--sparkplug');
