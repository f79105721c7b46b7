/** The rules of CommandLineToArgvW, written down a second time, for tests without Windows. */

export const trickyArguments: readonly string[] = [
  '',
  ' ',
  'plain',
  'with space',
  'tab\there',
  'C:\\Prüfung ñ 試験\\conf.yaml',
  'C:\\trailing\\',
  'C:\\trailing space \\\\',
  '"',
  '\\"',
  'a\\\\"b c\\',
  '--x="y z"',
  '%PATH%',
  "'single'",
];

/** https://learn.microsoft.com/windows/win32/api/shellapi/nf-shellapi-commandlinetoargvw */
export const takenApart = (line: string): string[] => {
  const [, program = '', rest = ''] = /^"([^"]*)"(.*)$/s.exec(line) ?? [];
  const argv = [program];
  let current: string | undefined;
  let isQuoted = false;
  for (const [token] of rest.matchAll(/\\+"?|"|[ \t]|[^\\" \t]+/g)) {
    const backslashes = /^\\+(?=")/.exec(token)?.[0].length;
    if (backslashes !== undefined) {
      current = (current ?? '') + '\\'.repeat(Math.floor(backslashes / 2));
      if (backslashes % 2 === 1) current += '"';
      else isQuoted = !isQuoted;
    } else if (token === '"') {
      current ??= '';
      isQuoted = !isQuoted;
    } else if (isQuoted || !/^[ \t]$/.test(token)) current = (current ?? '') + token;
    else if (current !== undefined) {
      argv.push(current);
      current = undefined;
    }
  }
  return current === undefined ? argv : [...argv, current];
};
