/** The roots of a profile as the PEM file that trust stores take them from. */

import type { Profile } from '../../checks/types.ts';
import { didYouMean } from '../documents/suggest.ts';
import { AgentError } from '../errors.ts';
import { pemOf } from './pem.ts';

/**
 * The root with this id, or all whose certificates the profile has, each below a line with its name.
 * @throws AgentError `usage` for an id that no root has, `certificate-invalid` where there is none to show
 */
export const rootsPem = (profile: Profile, id?: string): string => {
  const roots = profile.authorities.filter(({ root }) => root);
  const wanted = id === undefined ? roots : roots.filter((root) => root.id === id);
  if (id !== undefined && wanted.length === 0) {
    const ids = roots.map((root) => root.id);
    throw new AgentError(
      'usage',
      `--authority ${id}: no root of profile ${profile.id}, allowed: ${ids.join(', ')}${didYouMean(id, ids)}`,
    );
  }
  const pems = wanted.flatMap(({ name, der }) => (der ? [`# ${name}\n${pemOf(der)}`] : []));
  if (pems.length === 0)
    throw new AgentError(
      'certificate-invalid',
      `profile ${profile.id}: ${wanted.map((root) => root.id).join(', ')}: the profile has the fingerprint alone, needed for --pem: certificate`,
    );
  return pems.join('');
};
