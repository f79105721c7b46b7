/** What main.ts loads for everything but `--version`, in one piece. */

import { AgentError } from './errors.ts';

export { runCommand } from './commands/program.ts';
export { processOutput } from './process-output.ts';
export { failureExitCode } from './report/exit-code.ts';

/** What is said on standard error of an error that ends the program. */
export const errorLines = (error: unknown): string => {
  if (error instanceof AgentError)
    return error.lines.map((line) => `certready: ${line}\n`).join('');
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `certready: fault in certready, please report it: ${details}\n`;
};
