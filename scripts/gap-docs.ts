/** Writes docs/gaps and docs/metrics.md anew: `npm run docs`. Pages of codes that are gone are removed. */

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { gapPages } from './gap-pages.ts';
import { metricsPage } from './metrics-page.ts';

const folder = fileURLToPath(new URL('../docs/gaps', import.meta.url));
const pages = gapPages();

mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder))
  if (name.endsWith('.md') && !pages.has(name)) rmSync(join(folder, name));
for (const [name, text] of pages) writeFileSync(join(folder, name), text);
console.log(`${pages.size} pages in ${folder}`);
writeFileSync(join(folder, '../metrics.md'), metricsPage());
