/** Certificates of a profile as the PEM file that trust stores take them from. */

import type { Profile } from '../../checks/types.ts';
import { didYouMean } from '../documents/suggest.ts';
import { AgentError } from '../errors.ts';
import { pemOf } from './pem.ts';

/**
 * The authority with this id, or all roots whose certificates the profile has, each below a line with its name.
 * @throws AgentError `usage` for an id that no authority has, `certificate-invalid` where there is none to show
 */
export const rootsPem = (profile: Profile, id?: string): string => {
  const { authorities } = profile;
  const wanted = authorities.filter((one) => (id === undefined ? one.root : one.id === id));
  if (id !== undefined && wanted.length === 0) {
    const ids = authorities.map((one) => one.id);
    throw new AgentError(
      'usage',
      `--authority ${id}: no authority of profile ${profile.id}, allowed: ${ids.join(', ')}${didYouMean(id, ids)}`,
    );
  }
  const pems = wanted.flatMap(({ name, der }) => (der ? [`# ${name}\n${pemOf(der)}`] : []));
  if (pems.length === 0)
    throw new AgentError(
      'certificate-invalid',
      `profile ${profile.id}: ${wanted.map((one) => one.id).join(', ')}: the profile has the fingerprint alone, needed for --pem: certificate`,
    );
  return pems.join('');
};
