/** The kill test for as many kills as are asked for: `npm run test:kill -- --kills 1000`. */

import { parseArgs } from 'node:util';
import { killAgain } from './kill-lab.ts';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '1000' } } });
const started = performance.now();
const counts = await killAgain(Number(values.kills));
const seconds = Math.round((performance.now() - started) / 1000);
process.stdout.write(`${JSON.stringify({ ...counts, seconds })}\n`);
