#!/usr/bin/env node
/**
 * The entry: arguments, environment, streams and signals in, an exit status out. What is not asked for is
 * not loaded, so that `--version` costs next to nothing.
 */

/** Put in by the bundler, as in version.ts; asked here so that the entry imports nothing. */
declare const CERTREADY_VERSION: string | undefined;

const signals = { SIGINT: 130, SIGTERM: 143 } as const;

/** How long a command may take to end after a signal, milliseconds. */
const patience = { command: 2000, server: 4500 } as const;

/** Ends the process although something still holds it; by then all output has been handed over. */
const endAfter = (milliseconds: number): void => {
  // eslint-disable-next-line no-restricted-properties -- the one place that ends the process
  setTimeout(() => process.exit(), milliseconds).unref();
};

const listenToSignals = () => {
  const controller = new AbortController();
  let kind: keyof typeof patience = 'command';
  for (const [name, status] of Object.entries(signals))
    process.on(name, () => {
      if (kind === 'command') process.exitCode = status;
      // Asked twice, or nothing heeds the first: at once.
      endAfter(controller.signal.aborted ? 0 : patience[kind]);
      controller.abort(new DOMException(`stopped by ${name}`, 'AbortError'));
    });
  const { signal } = controller;
  return {
    signal,
    /** The command's own status stands, unless a signal ended it. */
    isStatusTaken: () => kind === 'command' && signal.aborted,
    serve: (onHangup: () => void): void => {
      kind = 'server';
      // On Windows it says that the console is closed: then the default, the end, is right.
      if (process.platform !== 'win32') process.on('SIGHUP', onHangup);
    },
  };
};

/** Node and the script, or the program alone where it is one file (nodejs.org/api/single-executable-applications.html). */
const ownProgram = async (): Promise<string[]> => {
  const { isSea } = await import('node:sea');
  return isSea()
    ? [process.execPath]
    : [process.execPath, ...process.execArgv, ...process.argv.slice(1, 2)];
};

const parentChannel = () => ({
  send: (message: object) => void process.send?.(message),
  onMessage: (listener: (message: unknown) => void) => void process.on('message', listener),
  onClose(listener: () => void) {
    if (process.connected) process.once('disconnect', listener);
    else listener();
  },
});

const run = async (argv: readonly string[]): Promise<void> => {
  const { beginSmall } = await import('./engine.ts');
  beginSmall(process.version);
  const { enableCompileCache } = await import('./compile-cache.ts');
  enableCompileCache();
  const { signal, serve, isStatusTaken } = listenToSignals();
  const { errorLines, failureExitCode, processOutput, runCommand } = await import('./program.ts');
  const { env, platform } = process;
  const stdout = processOutput(process.stdout, env);
  const stderr = processOutput(process.stderr, env);
  const fail = async (error: unknown): Promise<void> => {
    if (isStatusTaken()) return; // the exit status says it
    process.exitCode = failureExitCode;
    await stderr.write(errorLines(error)).catch(() => undefined);
  };
  process.on('uncaughtException', (error) => {
    void fail(error).then(() => endAfter(0));
  });
  try {
    const status = await runCommand(argv, {
      env,
      platform,
      program: await ownProgram(),
      pid: process.pid,
      ...(process.send && { parent: parentChannel() }),
      stdout,
      stderr,
      signal,
      serve,
    });
    if (!isStatusTaken()) process.exitCode = status;
  } catch (error) {
    await fail(error);
  }
  endAfter(0);
};

const printVersion = (version: string): void => {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') process.exitCode = 3;
  });
  process.stdout.write(`${version}\n`);
};

const argv = process.argv.slice(2);
if (
  typeof CERTREADY_VERSION === 'string' &&
  argv.length === 1 &&
  (argv[0] === '--version' || argv[0] === '-V')
)
  printVersion(CERTREADY_VERSION);
else await run(argv);
