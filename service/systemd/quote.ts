/** Values as unit files write them (systemd.unit(5), systemd.service(5) "Command lines", systemd.exec(5)). */

/** Specifiers such as %n are read everywhere. */
export const plain = (text: string): string => text.replaceAll('%', '%%');

const isPlainWord = (text: string): boolean => /^[A-Za-z0-9_@%+=:,./-]+$/.test(text);

/** One word of a value that is a list; also a path for BindReadOnlyPaths=, where a colon would part it. */
export const word = (text: string): string => {
  const doubled = plain(text);
  if (isPlainWord(doubled) && !doubled.includes(':')) return doubled;
  return `"${doubled.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`;
};

/** A command line. Variables are looked for in its arguments, but not in the program's own path. */
export const commandLine = ([program = '', ...args]: readonly string[]): string =>
  [word(program), ...args.map((arg) => word(arg.replaceAll('$', '$$$$')))].join(' ');

/** Whether a path can stand in every kind of value: lines are trimmed, and a backslash at the end joins them. */
export const canBeWritten = (path: string): boolean => !/[\u0000-\u001f\u007f]|[\s\\]$/.test(path);
