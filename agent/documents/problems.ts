/** What is wrong with a document, key by key, in words that name what is allowed. */

import type * as z from 'zod';
import { didYouMean } from './suggest.ts';

/** `key` is a path such as `authorities[1].url`; empty where the whole document is meant. */
export interface Problem {
  readonly key: string;
  readonly problem: string;
}

type Path = readonly PropertyKey[];

export const keyOf = (path: Path): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');

const shownLength = 60;

/** A value as it is quoted in an error. */
export const shown = (value: unknown): string => {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return typeof value;
  return text.length > shownLength ? `${text.slice(0, shownLength)}…` : text;
};

export const gotAllowed = (value: unknown, allowed: string): string =>
  value === undefined ? `missing, needed: ${allowed}` : `got ${shown(value)}, allowed: ${allowed}`;

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null
        ? (inner as Record<PropertyKey, unknown>)[part]
        : undefined,
    value,
  );

/** A document of which any part may be missing. */
export type Loose<T> = T extends readonly (infer Item)[]
  ? readonly (Loose<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Loose<T[Key]> | undefined }
    : T;

/**
 * The document without the values that the schema refused, so that what is left can be checked further
 * and all problems come out at once. Positions in lists stay.
 */
export const withoutRefused = (issues: readonly z.core.$ZodIssue[], document: unknown): unknown => {
  const left = structuredClone(document);
  for (const { path, code } of issues) {
    const last = path.at(-1);
    if (last === undefined || code === 'unrecognized_keys') continue;
    const parent = valueAt(left, path.slice(0, -1));
    if (typeof parent === 'object' && parent !== null)
      (parent as Record<PropertyKey, unknown>)[last] = undefined;
  }
  return left;
};

/** Problems of which the first one at each key is kept. */
export const firstAtEachKey = (problems: readonly Problem[]): readonly Problem[] =>
  [
    ...new Map(problems.toReversed().map((problem) => [problem.key, problem])).values(),
  ].toReversed();

export interface ProblemsOptions {
  /** Whether the value of a key must not be quoted. */
  readonly secret?: (path: Path) => boolean;
}

/** Of a union's alternatives, the one whose outer type fits: its issues say more than the union's own. */
const fitting = (issue: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] => {
  const inner = issue.errors.filter((issues) =>
    issues.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  return inner.length === 1 ? (inner[0] ?? []) : [];
};

/**
 * Zod's issues as problems, one per key. The schemas here say what is allowed as each issue's message
 * (see allow.ts); for unknown keys it is the list of known ones.
 */
export const problemsOf = (
  issues: readonly z.core.$ZodIssue[],
  document: unknown,
  { secret = () => false }: ProblemsOptions = {},
): readonly Problem[] => {
  const problems = new Map<string, Problem>();
  const add = (path: Path, problem: string): void => {
    const key = keyOf(path);
    if (!problems.has(key)) problems.set(key, { key, problem });
  };
  const visit = (issue: z.core.$ZodIssue, base: Path): void => {
    const path = [...base, ...issue.path];
    const value = valueAt(document, path);
    if (issue.code === 'unrecognized_keys')
      for (const key of issue.keys)
        add(
          [...path, key],
          `unknown key, allowed: ${issue.message}${didYouMean(key, issue.message.split(', '))}`,
        );
    else if (issue.code === 'invalid_union' && fitting(issue).length > 0)
      for (const inner of fitting(issue)) visit(inner, path);
    else if (secret(path) && value !== undefined)
      add(path, `got something else (not shown), allowed: ${issue.message}`);
    else add(path, gotAllowed(value, issue.message));
  };
  for (const issue of issues) visit(issue, []);
  return [...problems.values()];
};

/** `FILE: KEY: what is wrong`, a line per problem. */
export const problemLines = (path: string, problems: readonly Problem[]): readonly string[] =>
  problems.map(({ key, problem }) => `${path}: ${key === '' ? '' : `${key}: `}${problem}`);
