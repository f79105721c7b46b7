/** Writes the assembled form of checks/pki/crl-plain-entries.wat: `npm run wasm`. */

import { writeFileSync } from 'node:fs';
import { plainEntriesModule } from './plain-entries.ts';

const path = new URL('../checks/pki/crl-plain-entries-wasm.ts', import.meta.url);
writeFileSync(path, await plainEntriesModule());
