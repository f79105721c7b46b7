/** Standard output and standard error as commands use them. */

import type { Writable } from 'node:stream';
import { AgentError, systemCode, systemReason } from './errors.ts';
import type { Output } from './commands/surroundings.ts';

const unknownColumns = 80;

/** A stream of the process: a terminal knows its width, a file or a pipe does not. */
type Stream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The width that COLUMNS gives, or that of the terminal. */
const columnsOf = (stream: Stream, env: NodeJS.ProcessEnv): number => {
  const told = Number(env['COLUMNS']);
  if (Number.isInteger(told) && told > 0) return told;
  return stream.columns !== undefined && stream.columns > 0 ? stream.columns : unknownColumns;
};

export const processOutput = (stream: Stream, env: NodeJS.ProcessEnv): Output => {
  stream.on('error', () => undefined); // each write says its own
  return {
    isTTY: stream.isTTY ?? false,
    columns: columnsOf(stream, env),
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => {
          if (!error || systemCode(error) === 'EPIPE') resolve();
          else
            reject(
              new AgentError('output-unwritable', `cannot write: ${systemReason(error)}`, error),
            );
        });
      }),
  };
};
