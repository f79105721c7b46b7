#!/usr/bin/env node
/**
 * From the process to a command and back: arguments, environment, streams and signals in, an exit status out.
 * Commands are imported when they are needed, so that `--version` costs next to nothing.
 */

import { version } from './version.ts';

/** A usage or configuration error, or a fault of certready itself: nothing was judged. */
const failure = 3;
const signals = { SIGINT: 130, SIGTERM: 143 } as const;

/** Ends the process although something still holds it; by then all output has been handed over. */
const endAfter = (milliseconds: number): void => {
  // eslint-disable-next-line no-restricted-properties -- the one place that ends the process
  setTimeout(() => process.exit(), milliseconds).unref();
};

const report = (lines: readonly string[]): void => {
  process.stderr.write(lines.map((line) => `certready: ${line}\n`).join(''));
};

const stopOnSignals = (): AbortSignal => {
  const controller = new AbortController();
  for (const [name, status] of Object.entries(signals))
    process.on(name, () => {
      process.exitCode = status;
      // Asked twice, or nothing heeds the first: at once.
      endAfter(controller.signal.aborted ? 0 : 2000);
      controller.abort(new DOMException(`stopped by ${name}`, 'AbortError'));
    });
  return controller.signal;
};

const run = async (argv: readonly string[]): Promise<void> => {
  const { enableCompileCache } = await import('./compile-cache.ts');
  await enableCompileCache();
  const signal = stopOnSignals();
  const { AgentError } = await import('./errors.ts');
  const fail = (error: unknown): void => {
    if (signal.aborted) return; // the exit status says it
    process.exitCode = failure;
    if (error instanceof AgentError) report(error.lines);
    else if (error instanceof Error)
      report([`fault in certready, please report it: ${error.stack ?? error.message}`]);
    else report([`fault in certready, please report it: ${String(error)}`]);
  };
  process.on('uncaughtException', (error) => {
    fail(error);
    endAfter(0);
  });
  try {
    const [{ runCommand }, { processOutput }] = await Promise.all([
      import('./commands/program.ts'),
      import('./process-output.ts'),
    ]);
    const status = await runCommand(argv, {
      env: process.env,
      platform: process.platform,
      stdout: processOutput(process.stdout, process.env),
      stderr: processOutput(process.stderr, process.env),
      signal,
    });
    if (!signal.aborted) process.exitCode = status;
  } catch (error) {
    fail(error);
  }
  endAfter(100);
};

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V'))
  process.stdout.write(`${version}\n`);
else await run(argv);
