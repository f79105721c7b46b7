/** Assembles the WebAssembly that walks CRL entries: `npm run wasm`. */

import { readFileSync } from 'node:fs';
import wabt from 'wabt';

const source = new URL('../checks/pki/crl-plain-entries.wat', import.meta.url);

/** The TypeScript module that carries it, ready to be written. */
export const plainEntriesModule = async (): Promise<string> => {
  const toolkit = await wabt();
  const features = { simd: true, multi_value: true };
  const parsed = toolkit.parseWat('crl-plain-entries.wat', readFileSync(source, 'utf8'), features);
  const { buffer } = parsed.toBinary({});
  parsed.destroy();
  const lines =
    Buffer.from(buffer)
      .toString('base64')
      .match(/.{1,90}/g) ?? [];
  return [
    '/** crl-plain-entries.wat, assembled by `npm run wasm`. */',
    'export const plainEntriesWasm =',
    `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
};
