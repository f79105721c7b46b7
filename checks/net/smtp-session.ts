/** The client's side of an SMTP dialogue (RFC 5321) up to STARTTLS (RFC 3207): replies read within limits. */

import type { Socket } from 'node:net';
import { errorCode } from './faults.ts';

export interface SmtpReply {
  readonly code: number;
  /** The text of each line, without code and separator. */
  readonly lines: readonly string[];
}

/**
 * `reset`, `closed`: the server ended the connection by RST or FIN. `silent`, `stalled`: nothing, or not
 * all of a reply, came in time. `malformed`: what came is no SMTP reply.
 */
export type SmtpFault = 'reset' | 'closed' | 'silent' | 'stalled' | 'malformed';

export class SmtpError extends Error {
  override readonly name = 'SmtpError';
  readonly fault: SmtpFault;
  /** What had come of the reply. */
  readonly received: string;

  constructor(fault: SmtpFault, received: string) {
    super(`SMTP reply ${fault}`);
    this.fault = fault;
    this.received = received;
  }
}

/** RFC 5321 4.5.3.1.5 has 512; servers that greet at length exist. */
const maxLine = 4096;
const maxLines = 200;
const maxReply = 64 * 1024;
const maxReceived = 200;

const linePattern = /^([2-5]\d\d)(?:([ -])(.*))?$/;

/** What is printable of what came, for evidence. */
export const printable = (text: string): string =>
  text
    .slice(0, maxReceived)
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim();

/** A reply when `buffer` begins with a whole one, with the rest; undefined while more is due. */
const takeReply = (buffer: string): { reply: SmtpReply; rest: string } | undefined => {
  const lines: string[] = [];
  let code: string | undefined;
  let from = 0;
  for (;;) {
    const end = buffer.indexOf('\n', from);
    const open = end < 0 ? buffer.slice(from) : buffer.slice(from, end);
    const isOver = open.length > maxLine || lines.length >= maxLines;
    if (isOver || (end < 0 && buffer.length > maxReply))
      throw new SmtpError('malformed', printable(buffer));
    if (end < 0) return undefined;
    const [, lineCode, separator, text = ''] = linePattern.exec(open.replace(/\r$/, '')) ?? [];
    if (lineCode === undefined || (code !== undefined && lineCode !== code))
      throw new SmtpError('malformed', printable(buffer));
    code = lineCode;
    lines.push(text.trim());
    from = end + 1;
    if (separator !== '-')
      return { reply: { code: Number(code), lines }, rest: buffer.slice(from) };
  }
};

export interface SmtpSession {
  /** @throws SmtpError */
  reply(): Promise<SmtpReply>;
  /** Sends one line and reads its reply. @throws SmtpError */
  command(line: string): Promise<SmtpReply>;
  /** Lets go of the socket, and gives what came beyond the last reply. */
  detach(): Buffer;
}

/** Every wait ends when `signal` aborts. */
export const openSmtp = (socket: Socket, signal: AbortSignal): SmtpSession => {
  let buffer = '';
  let ended: SmtpFault | undefined;
  let wake: (() => void) | undefined;

  const onData = (chunk: Buffer): void => {
    buffer += chunk.toString('latin1');
    const isOver = buffer.length > maxReply;
    if (isOver) socket.pause(); // what is there is enough to refuse it
    if (isOver || chunk.includes('\n')) wake?.();
  };
  const onEnd = (): void => {
    ended ??= 'closed';
    wake?.();
  };
  const onError = (error: Error): void => {
    ended ??= errorCode(error) === 'ETIMEDOUT' ? 'silent' : 'reset';
    wake?.();
  };
  const onAbort = (): void => wake?.();
  socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onError);
  signal.addEventListener('abort', onAbort);

  const detach = (): Buffer => {
    socket.pause();
    socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError);
    signal.removeEventListener('abort', onAbort);
    return Buffer.from(buffer, 'latin1');
  };

  const reply = async (): Promise<SmtpReply> => {
    for (;;) {
      const taken = takeReply(buffer);
      if (taken) {
        buffer = taken.rest;
        return taken.reply;
      }
      if (ended) throw new SmtpError(ended, printable(buffer));
      if (signal.aborted)
        throw new SmtpError(buffer === '' ? 'silent' : 'stalled', printable(buffer));
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      wake = undefined;
    }
  };

  return {
    reply,
    command(line) {
      if (!ended) socket.write(`${line}\r\n`);
      return reply();
    },
    detach,
  };
};
