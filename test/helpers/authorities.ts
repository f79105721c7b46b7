/** Authorities of a test's own CA, as a profile has them: with their certificates. */

import { fingerprint256 } from '../../checks/pki/certificate.ts';
import type { Authority } from '../../checks/types.ts';

/** Issued by `root`, unless `more` says otherwise. */
export const authority = (
  id: string,
  der: Uint8Array,
  more: Partial<Authority> = {},
): Authority => ({
  id,
  name: `Test ${id}`,
  root: false,
  issuer: 'root',
  sha256: fingerprint256(der),
  der,
  ...more,
});

export const rootAuthority = (der: Uint8Array): Authority => ({
  id: 'root',
  name: 'Test Root',
  root: true,
  sha256: fingerprint256(der),
  der,
});
