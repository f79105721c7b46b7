/** The version of this program, e.g. `0.1.0`. */

import { readFileSync } from 'node:fs';

/** Put in by the bundler; absent when the sources run as they are. */
declare const CERTREADY_VERSION: string | undefined;

const manifestVersion = (): string => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
};

export const version: string =
  typeof CERTREADY_VERSION === 'string' ? CERTREADY_VERSION : manifestVersion();
