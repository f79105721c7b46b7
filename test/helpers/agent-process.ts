/** The agent as users start it: a process of its own, by a configuration file, watched by its log. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type StatusFile, readStatusFile } from '../../agent/status-file.ts';

export const program = resolve('dist/certready.js');

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly event?: string;
  readonly code?: string;
  readonly gap?: string;
  readonly verdict?: string;
  readonly reason?: string;
}

export interface AgentFolder {
  readonly folder: string;
  readonly stateDir: string;
  readonly configFile: string;
  /** Writes the configuration as editors do: beside it, then over it. JSON is YAML. */
  configure(config: object): Promise<void>;
  start(...options: readonly string[]): AgentProcess;
  status(): Promise<StatusFile | undefined>;
  remove(): Promise<void>;
}

export interface AgentProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Of standard error, in order. */
  readonly lines: readonly LogLine[];
  /** The first line from `from` on that is so; waits for it. */
  line(is: (line: LogLine) => boolean, from?: number): Promise<LogLine>;
  /** Resolves with the exit status, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

const parsed = (text: string): LogLine => {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { level: 'none', message: text };
  }
};

type Env = Readonly<Record<string, string>>;

const start = (args: readonly string[], env: Env): AgentProcess => {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  let isOver = false;
  let rest = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const all = (rest + text).split('\n');
    rest = all.pop() ?? '';
    lines.push(...all.filter((line) => line !== '').map(parsed));
    for (const wake of waiting) wake();
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (status, signal) => {
      isOver = true; // and all that it said has been read
      resolve(signal ?? status ?? -1);
      for (const wake of waiting) wake();
    });
  });
  return {
    child,
    pid: child.pid ?? -1,
    lines,
    ended,
    line: (is, from = 0) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.slice(from).find(is);
          if (!found && !isOver) return;
          waiting.delete(look);
          if (found) resolve(found);
          else
            reject(new Error(`it ended before: ${lines.map(({ message }) => message).join('\n')}`));
        };
        waiting.add(look);
        look();
      }),
  };
};

/** @param env what its agents have in their environment, besides */
export const agentFolder = async (env: Env = {}): Promise<AgentFolder> => {
  const folder = await mkdtemp(join(tmpdir(), 'certready-agent-'));
  const configFile = join(folder, 'config.yaml');
  const stateDir = join(folder, 'state');
  const started: AgentProcess[] = [];
  return {
    folder,
    stateDir,
    configFile,
    async configure(config) {
      await writeFile(`${configFile}.tmp`, JSON.stringify(config));
      await rename(`${configFile}.tmp`, configFile);
    },
    start(...options) {
      const agent = start(['--config', configFile, ...options], env);
      started.push(agent);
      return agent;
    },
    status: () => readStatusFile(stateDir),
    async remove() {
      for (const { child } of started) child.kill('SIGKILL');
      await Promise.all(started.map(({ ended }) => ended));
      // A helper of one that was killed may still write
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
};

export const isRun = ({ message }: LogLine): boolean => message.startsWith('run: ');
