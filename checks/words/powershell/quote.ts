/** Words in a PowerShell command (about_Quoting_Rules; typographic single quotes end a string as well). */

import { printable } from '../evidence.ts';

/** Before the quote that Windows PowerShell 5.1 puts around a word with spaces, backslashes count twice. */
const closeSafely = (word: string): string =>
  /\s/.test(word) ? word.replace(/\\+$/, '$&$&') : word;

/**
 * One argument, whatever is in it. Control characters become `?`, and so do double quotes, because
 * Windows PowerShell 5.1 hands them to programs unescaped (about_Parsing).
 */
export const quotePowerShell = (word: string): string =>
  `'${closeSafely(printable(word).replaceAll('"', '?')).replace(/['\u2018\u2019\u201A\u201B]/g, '$&$&')}'`;

/** A command line whose every inserted text is one quoted argument. */
export const ps = (parts: TemplateStringsArray, ...words: readonly (string | number)[]): string =>
  parts.reduce((line, part, index) => {
    const word = words[index - 1] ?? '';
    return line + (typeof word === 'number' ? String(word) : quotePowerShell(word)) + part;
  });
