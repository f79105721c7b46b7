/** HTML in which whatever is inserted is text, unless it was made here. */

import { harmless } from './harmless.ts';

export interface Markup {
  readonly markup: string;
}

type Insert = string | number | Markup | readonly Markup[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it may stand between tags and in quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

const inserted = (value: Insert): string => {
  if (typeof value === 'string') return escapeHtml(harmless(value));
  if (typeof value === 'number') return String(value);
  if ('markup' in value) return value.markup;
  return value.map(({ markup }) => markup).join('');
};

/** A template of HTML whose inserts are escaped and freed of control characters; lists are joined. */
export const safe = (parts: TemplateStringsArray, ...values: readonly Insert[]): Markup => ({
  markup: parts.reduce((text, part, index) => {
    const value = values[index - 1];
    return text + (value === undefined ? '' : inserted(value)) + part;
  }),
});

export const nothing: Markup = { markup: '' };

/** Lines as they are, for <pre>; the caller has made each of them harmless. */
export const preformatted = (lines: readonly string[]): Markup => ({
  markup: lines.map(escapeHtml).join('\n'),
});
