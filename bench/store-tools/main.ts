/**
 * The same store, asked by its own tool and by certready: prints the table of docs/trust-stores.md, each
 * row from a store that is made for it. Rows whose tool is not there are left out and told.
 *
 *     npm run bench:store-tools -- [--write]
 */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { lacking } from '../../test/helpers/programs.ts';
import { verdictIn } from '../../test/stores/read-store.ts';
import { linuxRows } from './linux.ts';
import { type Row, root } from './row.ts';

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const page = new URL('../../docs/trust-stores.md', import.meta.url);
const [begin, end] = ['<!-- store-tools -->', '<!-- end of store-tools -->'];

/** A verdict in the page's words. */
const inWords = (verdict: string): string =>
  verdict === 'ok'
    ? 'trusted'
    : verdict
        .split(' ')
        .map((word) => `\`${word}\``)
        .join(', ');

const lineOf = async (row: Row): Promise<string | undefined> => {
  const lacks = await lacking(...row.needs);
  if (lacks !== false) {
    process.stderr.write(`left out: ${row.store}: ${lacks}\n`);
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'certready-tools-'));
  try {
    const { says, found } = await row.ask(folder);
    const verdict = inWords(await verdictIn(found, root.der));
    return `| ${row.store} | ${row.tool} | ${says.replaceAll(folder, '')} | ${verdict} |`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const lines: string[] = [];
for (const row of linuxRows) lines.push((await lineOf(row)) ?? '');
const head = '| store | the tool | says | certready says |\n| --- | --- | --- | --- |';
const table = [head, ...lines.filter(Boolean)].join('\n');
if (values.write) {
  const text = await readFile(page, 'utf8');
  const [before, rest] = [text.split(begin)[0] ?? '', text.split(end)[1] ?? ''];
  const written = `${before}${begin}\n\n${table}\n\n${end}${rest}`;
  await writeFile(page, await format(written, { parser: 'markdown', printWidth: 100 }));
} else process.stdout.write(await format(table, { parser: 'markdown' }));
