/** Diagnostics on standard error, by winston, which is loaded when there is something to say. */

import { Writable } from 'node:stream';
import type { Logger } from 'winston';
import { harmless } from './report/harmless.ts';

/** From the most to the least important. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface Diagnostics {
  log(level: LogLevel, message: string): void;
  /** Resolves when all that was said has been written; nothing may be said after it. */
  close(): Promise<void>;
}

const createLogger = async (
  level: LogLevel,
  write: (text: string) => Promise<void>,
): Promise<Logger> => {
  const { default: winston } = await import('winston');
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      write(chunk.toString()).then(
        () => done(),
        () => done(), // there is no other place to say it
      );
    },
  });
  return winston.createLogger({
    level,
    format: winston.format.printf(
      (info) => `certready: ${info.level}: ${harmless(String(info.message))}`,
    ),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston's types give its own transport another class
    transports: [new winston.transports.Stream({ stream })],
  });
};

export const createDiagnostics = (
  level: LogLevel,
  write: (text: string) => Promise<void>,
): Diagnostics => {
  let logger: Promise<Logger> | undefined;
  const isSaid = (asked: LogLevel): boolean => logLevels.indexOf(asked) <= logLevels.indexOf(level);
  return {
    log(asked, message) {
      if (!isSaid(asked)) return;
      logger ??= createLogger(level, write);
      logger = logger.then((winston) => winston.log(asked, message));
    },
    async close() {
      const winston = await logger;
      if (!winston) return;
      const finished = new Promise((resolve) => winston.once('finish', resolve));
      winston.end();
      await finished;
    },
  };
};
