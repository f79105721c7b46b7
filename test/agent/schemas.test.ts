/** The published JSON Schemas: current, and true to the types. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { it, suite } from 'node:test';
import type * as z from 'zod';
import type { Report } from '../../agent/report/report.ts';
import { reportSchema } from '../../agent/report/schema.ts';
import { publishedSchemas } from '../../agent/schemas.ts';
import { runProgram } from '../helpers/program.ts';

/** True only for types that are assignable to each other. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
/** Every key of a type with the keys inside it: `host.name`. A mapping with free keys is a leaf. */
type Paths<T> = T extends readonly (infer Item)[]
  ? Paths<Item>
  : T extends object
    ? string extends keyof T
      ? never
      : {
          [Key in keyof T & string]-?: Key | `${Key}.${Paths<NonNullable<T[Key]>>}`;
        }[keyof T & string]
    : never;

type Inferred = z.infer<typeof reportSchema>;
// Checked by the compiler: a field that one of them lacks or has otherwise makes them false.
const typeIsInferred: Same<Inferred, Report> = true;
const fieldsAreInferred: Same<Paths<Inferred>, Paths<Report>> = true;

suite('published schemas', () => {
  for (const [name, schema] of Object.entries(publishedSchemas()))
    it(`schemas/${name}.json is what the code says`, async () => {
      const path = new URL(`../../schemas/${name}.json`, import.meta.url);
      assert.deepEqual(
        JSON.parse(await readFile(path, 'utf8')),
        JSON.parse(JSON.stringify(schema)),
      );
    });

  it('the report schema has the type of Report', () => {
    assert.deepEqual([typeIsInferred, fieldsAreInferred], [true, true]);
  });

  it('the report of a run with all kinds of check is as the report schema says', async () => {
    const { stdout } = await runProgram([
      ...['--once', '--format', 'json', '--proxy', 'none'],
      ...['--connect-to', '::127.0.0.1:1', '--smtp', '127.0.0.1'],
    ]);
    const report: unknown = JSON.parse(stdout);
    const checked = reportSchema.safeParse(report);
    assert.deepEqual(checked.error?.issues ?? [], []);
    assert.deepEqual(checked.data, report);
    assert.ok((checked.data?.gaps.length ?? 0) > 0);
  });
});
