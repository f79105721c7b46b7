/** What main.ts loads for everything but `--version`, in one piece. */

export { runCommand } from './commands/program.ts';
export { errorLines } from './errors.ts';
export { processOutput } from './process-output.ts';
export { failureExitCode } from './report/exit-code.ts';
