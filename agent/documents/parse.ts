/** YAML 1.2 and JSON, which is a part of it, to plain values. */

import {
  type Document,
  type YAMLError,
  isPair,
  isScalar,
  parseDocument as parseYaml,
  visit,
} from 'yaml';
import type { Problem } from './problems.ts';

export type ParsedDocument =
  | { readonly value: unknown; readonly problems?: undefined }
  | { readonly problems: readonly Problem[] };

/** An alias may stand for much: so many values may come of them (a bound against "billion laughs"). */
const maxAliasCount = 100;
const maxProblems = 20;

const problemOf = ({ message, linePos }: YAMLError): Problem => {
  const [first = ''] = message.split(/ at line \d|\n/);
  const [start] = linePos ?? [];
  return { key: start ? `line ${start.line}, column ${start.col}` : '', problem: first };
};

/** Hex digits such as `5E41` or `1000` would be read as numbers: under these keys the text is meant. */
const keepText = (document: Document, keys: ReadonlySet<string>): void => {
  visit(document, {
    Scalar: (_key, node, path) => {
      if (typeof node.value !== 'number' || node.source === undefined) return;
      const pair = path.findLast(isPair);
      if (pair && isScalar(pair.key) && pair.key !== node && keys.has(String(pair.key.value)))
        node.value = node.source;
    },
  });
};

/** Parses one document; `textKeys` are the keys whose values are text even where they look like numbers. */
export const parseDocument = (
  text: string,
  textKeys: ReadonlySet<string> = new Set(),
): ParsedDocument => {
  const document = parseYaml(text, { logLevel: 'error', prettyErrors: true, uniqueKeys: true });
  const faults = [...document.errors, ...document.warnings].slice(0, maxProblems);
  if (faults.length > 0) return { problems: faults.map(problemOf) };
  try {
    keepText(document, textKeys);
    return { value: document.toJS({ maxAliasCount }) as unknown };
  } catch (error) {
    return {
      problems: [{ key: '', problem: error instanceof Error ? error.message : 'unreadable' }],
    };
  }
};
