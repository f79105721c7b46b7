/** Candidates as the program is shipped: bundled and minified. */

import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The path of what `script` becomes: inside the work tree, so that packages are found, which stay as they are. */
export const bundled = async (script: URL): Promise<string> => {
  const entry = fileURLToPath(script);
  const name = basename(entry, '.ts');
  const outfile = fileURLToPath(
    new URL(`../node_modules/.cache/certready-bench/${name}.mjs`, import.meta.url),
  );
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
  });
  return outfile;
};
