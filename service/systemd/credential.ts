/** Secrets as systemd hands them over: copies that only the service can read (systemd.exec(5), LoadCredential=). */

import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';

/** The name of a file's copy: readable, and another one for each path. */
export const credentialName = (path: string): string => {
  const readable = basename(path)
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .slice(0, 64);
  const digest = createHash('sha256').update(path).digest('hex').slice(0, 16);
  return `${digest}-${readable}`;
};

/** Where a file's copy is, if systemd makes copies for this process. */
export const credentialOf = (
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined => {
  const folder = env['CREDENTIALS_DIRECTORY'];
  return folder === undefined || folder === '' ? undefined : join(folder, credentialName(path));
};
