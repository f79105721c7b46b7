/** The profile that a user means by an id or a path. */

import { resolve } from 'node:path';
import type { Profile } from '../../checks/types.ts';
import { readBytes, readText } from '../documents/read.ts';
import { didYouMean } from '../documents/suggest.ts';
import { AgentError } from '../errors.ts';
import { builtInIds, builtInProfile, isBuiltIn } from './built-in.ts';

/**
 * A built-in profile by its id, else the profile in that file.
 * @throws AgentError `profile-unknown` where it is neither; as readText and parseProfile for files
 */
export const loadProfile = async (reference: string): Promise<Profile> => {
  if (isBuiltIn(reference)) return builtInProfile(reference);
  let text;
  try {
    text = await readText(reference);
  } catch (error) {
    if (!(error instanceof AgentError) || error.code !== 'file-missing') throw error;
    const name = reference.split(/[\\/]/).at(-1) ?? reference;
    throw new AgentError(
      'profile-unknown',
      `profile ${reference}: no such file, allowed: a profile file or one of ${builtInIds.join(', ')}${didYouMean(name, builtInIds)}`,
      error,
    );
  }
  const { parseProfile } = await import('./parse.ts');
  const profile = await parseProfile(text, { path: reference, readFile: readBytes });
  return { ...profile, path: resolve(reference) };
};

/**
 * Several, each once.
 * @throws AgentError as loadProfile, and `profile-invalid` where two different ones have one id
 */
export const loadProfiles = async (references: readonly string[]): Promise<readonly Profile[]> => {
  const distinct = [...new Set(references)];
  const profiles = await Promise.all(distinct.map(loadProfile));
  for (const [index, { id }] of profiles.entries()) {
    const first = profiles.findIndex((profile) => profile.id === id);
    if (first !== index)
      throw new AgentError(
        'profile-invalid',
        `${distinct[index] ?? ''}: id: got "${id}", which is the id of ${distinct[first] ?? ''} too, allowed: an id of its own`,
      );
  }
  return profiles;
};
