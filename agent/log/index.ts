/** The agent's log, by winston. See facade.ts for what each of it means. */

import { once } from 'node:events';
import { Writable } from 'node:stream';
import type { Logger } from 'winston';
import type { Output } from '../commands/surroundings.ts';
import type { Config } from '../config/config.ts';
import { milliseconds } from '../config/duration.ts';
import { bytes } from '../config/size.ts';
import type { LogLevel } from '../diagnostics.ts';
import { EntryQueue } from './entry-queue.ts';
import type { AgentLog, LogFields } from './facade.ts';
import { isJournal } from './journal.ts';
import { type Entry, type LineStyle, lineOf } from './line.ts';
import { type LogFile, openLogFile } from './log-file.ts';
import { type SystemLog, openSystemLog } from './system-log.ts';

export type { AgentLog, LogFields } from './facade.ts';

/** What the log needs of a command's surroundings. */
export interface LogSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly stderr: Pick<Output, 'write'>;
  /** The time of the lines and of a file's age; the real one unless given. */
  readonly now?: () => Date;
}

export const rotationDefaults = { maxSize: '10MB', maxAge: '30d', maxFiles: 12 } as const;

/** A log file, and what is on its way to it. */
interface FileWriter {
  readonly file: LogFile;
  readonly queue: EntryQueue;
}

const linesOf = (entries: readonly Entry[], style: LineStyle): string =>
  entries.map((entry) => lineOf(entry, style)).join('');

class WinstonLog implements AgentLog {
  readonly #now: () => Date;
  readonly #systemLog: SystemLog;
  readonly #stderr: EntryQueue;
  readonly #sink: Writable;
  #logger: Logger | undefined;
  #config: Config['log'];
  #file: FileWriter | undefined;

  constructor(config: Config['log'], surroundings: LogSurroundings, systemLog: SystemLog) {
    const { env, stderr, now = () => new Date() } = surroundings;
    const toJournal = isJournal(env);
    this.#now = now;
    this.#systemLog = systemLog;
    this.#config = config;
    this.#stderr = new EntryQueue({
      place: 'standard error',
      write: (entries) =>
        stderr.write(linesOf(entries, { format: this.#config.format, toJournal })),
      now,
    });
    this.#file = this.#openFile(config);
    // winston never waits for it: what cannot be written is kept, within bounds, by the queues.
    this.#sink = new Writable({
      objectMode: true,
      write: (entry: Entry, _encoding, done) => {
        (this.#file?.queue ?? this.#stderr).push(entry);
        done();
      },
    });
  }

  async start(): Promise<void> {
    const { default: winston } = await import('winston');
    this.#logger = winston.createLogger({
      level: this.#config.level,
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston's types give its own transport another class
      transports: [new winston.transports.Stream({ stream: this.#sink })],
    });
  }

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    const entry: Entry = { level, message, fields, at: this.#now() };
    this.#logger?.log(entry);
  }

  announce(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.log(level, message, fields);
    this.#systemLog.report({ level, message, fields, at: this.#now() });
  }

  problem(): string | undefined {
    const { file, queue } = this.#file ?? {};
    return queue?.problem() ?? file?.problem() ?? this.#stderr.problem();
  }

  async reconfigure(config: Config['log']): Promise<void> {
    // First all that was said before: it may be the same file.
    await this.#file?.queue.close();
    this.#config = config;
    if (this.#logger) this.#logger.level = config.level;
    this.#file = this.#openFile(config);
  }

  async close(): Promise<void> {
    const logger = this.#logger;
    this.#logger = undefined; // one that has ended must be told nothing
    if (logger) {
      const finished = logger.transports.map((transport) => once(transport, 'finish'));
      logger.end();
      await Promise.all(finished);
    }
    await this.#file?.queue.close();
    await this.#stderr.close();
    this.#systemLog.close();
  }

  #openFile({ file: path, format, ...limits }: Config['log']): FileWriter | undefined {
    if (path === undefined) return undefined;
    const { maxSize, maxAge, maxFiles } = { ...rotationDefaults, ...limits };
    const file = openLogFile({
      path,
      maxBytes: bytes(maxSize),
      maxAgeMs: milliseconds(maxAge),
      maxFiles,
      now: this.#now,
    });
    const queue = new EntryQueue({
      place: path,
      write: (entries) => file.append(linesOf(entries, { format, toJournal: false })),
      failing: (entries) => {
        for (const entry of entries) this.#stderr.push(entry);
      },
      now: this.#now,
    });
    return { file, queue };
  }
}

/** Opens the log. A file that cannot be written is no error here: problem() says it, and it is tried again. */
export const createAgentLog = async (
  config: Config['log'],
  surroundings: LogSurroundings,
): Promise<AgentLog> => {
  const log = new WinstonLog(config, surroundings, await openSystemLog(surroundings.platform));
  await log.start();
  return log;
};
