/** Takes one response as it arrives and says what it was once the exchange has ended. */

import type { BodySink, Finding } from '../types.ts';
import {
  type Asked,
  isSettledByHead,
  isSuccess,
  judgeBody,
  judgeEnd,
  redirectOf,
} from './answer.ts';
import { type BodyEnd, type BodyReader, createBodyReader } from './body.ts';
import type { ExchangeEnd, ResponseHead, Stop } from './exchange.ts';
import { asError } from './faults.ts';

export interface ReceptionOptions<S extends BodySink> {
  readonly asked: Asked;
  /** The most bytes of body. */
  readonly limit: number;
  readonly open: () => S;
  /** Called with the header: what the proxy that sent it means, if it is the proxy's own. */
  readonly judgeHead: (head: ResponseHead) => Finding | undefined;
}

export interface Received<S extends BodySink> {
  readonly finding?: Finding;
  readonly sink?: S;
  readonly redirect?: string;
  readonly bytes: number;
}

export interface Reception<S extends BodySink> {
  readonly head: (head: ResponseHead, stop: Stop) => void;
  readonly data: (chunk: Uint8Array) => void;
  /** What the response was. @throws what the sink threw */
  finish(end: ExchangeEnd, signal: AbortSignal): Promise<Received<S>>;
}

const declaredLength = ({ header }: ResponseHead): number => {
  const text = header('content-length') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
};

/** Resolves when the signal aborts, or was aborted. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

export const createReception = <S extends BodySink>(options: ReceptionOptions<S>): Reception<S> => {
  let head: ResponseHead | undefined;
  let stop: Stop | undefined;
  let reader: BodyReader<S> | undefined;
  let body: BodyEnd<S> | undefined;
  let ownOfProxy: Finding | undefined;
  let failure: Error | undefined;
  let settle: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });

  const done = (end: BodyEnd<S>): void => {
    body = end;
    stop?.();
    settle();
  };
  const failed = (thrown: unknown): void => {
    failure = asError(thrown);
    stop?.();
    settle();
  };
  const readerFor = (received: ResponseHead): BodyReader<S> => {
    const contentType = received.header('content-type');
    const contentEncoding = received.header('content-encoding');
    return createBodyReader<S>({
      limit: options.limit,
      ...(contentType !== undefined && { contentType }),
      ...(contentEncoding !== undefined && { contentEncoding }),
      ...(isSuccess(received) && { open: options.open }),
      done,
      failed,
    });
  };

  return {
    head(received, giveUp) {
      head = received;
      stop = giveUp;
      ownOfProxy = options.judgeHead(received);
      const length = declaredLength(received);
      if (ownOfProxy || redirectOf(received) !== undefined || isSettledByHead(received))
        done({ kind: 'ignored', bytes: 0 });
      else if (isSuccess(received) && length > options.limit)
        done({ kind: 'too-large', bytes: length });
      else reader = readerFor(received);
    },
    data(chunk) {
      reader?.write(chunk);
    },
    async finish(end, signal) {
      // What was compressed may still be on its way out of the decompressor.
      if (end.kind === 'complete' && reader) {
        reader.end();
        await Promise.race([settled, aborted(signal)]);
      }
      const bytes = body?.bytes ?? reader?.bytes() ?? 0;
      body ??= reader?.soFar();
      reader?.destroy();
      if (failure) throw failure;
      if (ownOfProxy) return { finding: ownOfProxy, bytes };
      if (head && !body && !isSuccess(head)) body = { kind: 'ignored', bytes };
      if (!head || !body) return { finding: judgeEnd(end, head, options.asked, bytes), bytes };
      const redirect = redirectOf(head);
      if (redirect !== undefined) return { redirect, bytes };
      const finding = judgeBody(body, head, options.asked);
      return {
        bytes,
        ...(finding && { finding }),
        ...(body.kind === 'bytes' && { sink: body.sink }),
      };
    },
  };
};
