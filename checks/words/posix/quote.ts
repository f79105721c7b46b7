/** Words in a POSIX shell command (POSIX.1-2024, Shell Command Language, 2.2.2 Single-Quotes). */

import { printable } from '../evidence.ts';

/** One argument, whatever is in it. Control characters become `?`: no terminal gets them by a paste. */
export const quotePosix = (word: string): string => `'${printable(word).replaceAll("'", `'\\''`)}'`;

/** A command line whose every inserted text is one quoted argument. */
export const sh = (parts: TemplateStringsArray, ...words: readonly (string | number)[]): string =>
  parts.reduce((line, part, index) => {
    const word = words[index - 1] ?? '';
    return line + (typeof word === 'number' ? String(word) : quotePosix(word)) + part;
  });
