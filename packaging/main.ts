import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildExecutable, openWorkshop } from './executable.ts';
import { targets } from './targets.ts';
const w = await openWorkshop();
const out = process.argv[2] ?? 'packages';
await mkdir(out, { recursive: true });
for (const t of targets) await buildExecutable(w, t, join(out, t.id));
await w.close();
