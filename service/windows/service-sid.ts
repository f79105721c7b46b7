/** Security identifiers of the accounts that a service has. */

import { createHash } from 'node:crypto';

/** NT AUTHORITY\LOCAL SERVICE */
export const localServiceSid = 'S-1-5-19';

/**
 * The identifier of `NT SERVICE\NAME`, which that service alone has: the SHA-1 of its name in capitals, in
 * UTF-16 ([MS-DTYP] 2.4.2.4, SECURITY_SERVICE_ID_BASE_RID). It is the same on every machine, and known before
 * the service is.
 */
export const serviceSid = (name: string): string => {
  const digest = createHash('sha1').update(name.toUpperCase(), 'utf16le').digest();
  const parts = [0, 4, 8, 12, 16].map((offset) => digest.readUInt32LE(offset));
  return ['S-1-5-80', ...parts].join('-');
};
