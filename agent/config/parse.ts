/** A configuration file → what it says, or everything that is wrong with it. */

import { parseDocument } from '../documents/parse.ts';
import { problemLines, problemsOf } from '../documents/problems.ts';
import { AgentError } from '../errors.ts';
import { type ConfigDocument, configSchema } from './schema.ts';

const secretKeys: ReadonlySet<PropertyKey> = new Set(['url', 'secret', 'proxy', 'headers']);

/** @throws AgentError `config-invalid` with a line per problem: `FILE: KEY: got …, allowed: …` */
export const parseConfig = (text: string, path: string): ConfigDocument => {
  const parsed = parseDocument(text);
  if (parsed.problems) throw new AgentError('config-invalid', problemLines(path, parsed.problems));
  const document = parsed.value ?? {}; // a file of comments says nothing
  const checked = configSchema.safeParse(document);
  if (checked.success) return checked.data;
  const problems = problemsOf(checked.error.issues, document, {
    secret: (keys) => keys.some((key) => secretKeys.has(key)),
  });
  throw new AgentError('config-invalid', problemLines(path, problems));
};
