/** The agent's side of a helper process: starts it, asks it, ends it. */

import { type ChildProcess, spawn } from 'node:child_process';
import {
  type AnswerMessage,
  type CallMessage,
  type CallName,
  type Calls,
  asError,
  helperCommand,
} from './calls.ts';

export interface HelperOptions {
  /** How this program is started: a command and its first arguments. */
  readonly program: readonly string[];
  /** Takes what the process says on standard error, by line. */
  readonly onLine: (line: string) => void;
}

export interface Helper {
  /**
   * @throws AgentError as the call does; an Error when the process ends without an answer, or the signal's
   * reason when that aborts: then the process is killed
   */
  call<Name extends CallName>(
    name: Name,
    request: Calls[Name]['request'],
    signal?: AbortSignal,
  ): Promise<Calls[Name]['response']>;
  /** Lets it end by itself, as it does when nothing is asked of it. */
  release(): void;
}

/** A process that was let go ends at once, unless it hangs. */
const releaseMs = 5000;
/** What is kept of a line, and for saying why the process ended. */
const longestLine = 2000;

const readLines = (child: ChildProcess, onLine: (line: string) => void): void => {
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(0, longestLine);
    for (const line of lines) if (line !== '') onLine(line.slice(0, longestLine));
  });
  child.stderr?.on('end', () => {
    if (rest !== '') onLine(rest);
  });
};

interface Pending {
  readonly resolve: (response: unknown) => void;
  readonly reject: (error: Error) => void;
}

class HelperProcess implements Helper {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  #next = 1;
  #ended: Error | undefined;
  #lastLine = '';

  constructor({ program, onLine }: HelperOptions) {
    const [command = '', ...args] = program;
    this.#child = spawn(command, [...args, helperCommand], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      windowsHide: true,
    });
    this.#child.on('message', (message) => this.#answer(message as AnswerMessage));
    this.#child.on('error', (error) => this.#end(error));
    this.#child.on('close', (status, signal) => {
      const how = signal ?? `status ${status ?? 'unknown'}`;
      const said = this.#lastLine === '' ? '' : `: ${this.#lastLine}`;
      this.#end(new Error(`the process that was asked ended with ${how}${said}`));
    });
    readLines(this.#child, (line) => {
      this.#lastLine = line;
      onLine(line);
    });
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  call<Name extends CallName>(
    name: Name,
    request: Calls[Name]['request'],
    signal?: AbortSignal,
  ): Promise<Calls[Name]['response']> {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      const onAbort = (): void => {
        this.#child.kill('SIGKILL');
        this.#end(signal?.reason as Error);
      };
      const settled = (): void => {
        this.#pending.delete(id);
        signal?.removeEventListener('abort', onAbort);
      };
      this.#pending.set(id, {
        resolve(response) {
          settled();
          resolve(response as Calls[Name]['response']);
        },
        reject(error) {
          settled();
          reject(error);
        },
      });
      if (signal?.aborted) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      const message: CallMessage = { id, name, request };
      if (this.#ended) this.#end(this.#ended);
      else
        this.#child.send(message, (error) => {
          if (error) this.#end(error);
        });
    });
  }

  release(): void {
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), releaseMs);
    this.#child.once('close', () => clearTimeout(timer));
  }

  #answer(message: AnswerMessage): void {
    const pending = this.#pending.get(message.id);
    if (message.fault) pending?.reject(asError(message.fault));
    else pending?.resolve(message.response);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of [...this.#pending.values()]) reject(error);
  }
}

/** Asks one thing of a process of its own. */
export const callOnce = async <Name extends CallName>(
  options: HelperOptions,
  ask: { readonly name: Name; readonly request: Calls[Name]['request'] },
  signal?: AbortSignal,
): Promise<Calls[Name]['response']> => {
  const helper = new HelperProcess(options);
  try {
    return await helper.call(ask.name, ask.request, signal);
  } finally {
    helper.release();
  }
};

/** So long a process that was asked waits for more to do. */
const idleMs = 5000;

/** One process for calls that come in bursts; it ends when there have been none for a while. */
export const sharedHelper = (options: HelperOptions): Helper => {
  let helper: HelperProcess | undefined;
  let calls = 0;
  let idle: NodeJS.Timeout | undefined;
  const release = (): void => {
    clearTimeout(idle);
    helper?.release();
    helper = undefined;
  };
  return {
    async call(name, request, signal) {
      clearTimeout(idle);
      if (helper === undefined || helper.hasEnded) helper = new HelperProcess(options);
      calls++;
      try {
        return await helper.call(name, request, signal);
      } finally {
        calls--;
        clearTimeout(idle);
        if (calls === 0) idle = setTimeout(release, idleMs);
      }
    },
    release,
  };
};
