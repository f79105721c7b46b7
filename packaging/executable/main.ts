/**
 * What Node runs in a single executable: it makes the files of the bundle, which lie in the executable,
 * importable as if they lay in a folder of the executable's own path, and starts the program. So the
 * program is the same as in dist/, and loads no more of itself than it needs.
 */

import { createRequire, registerHooks } from 'node:module';
import { getAssetKeys, getRawAsset } from 'node:sea';
import { pathToFileURL } from 'node:url';

const folder = `${pathToFileURL(process.execPath).href}/`;
const bundled: ReadonlySet<string> = new Set(getAssetKeys().map((name) => folder + name));
const start = `${folder}start.js`;

registerHooks({
  resolve(specifier, context, next) {
    const url = /^(?:\.|file:)/.test(specifier) ? new URL(specifier, context.parentURL).href : '';
    return bundled.has(url) || url === start
      ? { url, format: 'module', shortCircuit: true }
      : next(specifier, context);
  },
  load(url, context, next) {
    // An entry of its own, because one that awaits, as the program's does, cannot be required
    if (url === start)
      return { source: "import('./certready.js');", format: 'module', shortCircuit: true };
    return bundled.has(url)
      ? {
          source: new Uint8Array(getRawAsset(url.slice(folder.length)) as ArrayBuffer),
          format: 'module',
          shortCircuit: true,
        }
      : next(url, context);
  },
});

createRequire(folder)('./start.js');
