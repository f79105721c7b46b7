/** What a mail host shows: its greeting, whether it offers STARTTLS, and its certificate chain as sent. */

import { type Socket, isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type {
  Evidence,
  Finding,
  GapCode,
  HostPort,
  Stage,
  StarttlsOptions,
  StarttlsResult,
} from '../types.ts';
import { hostPort } from './address.ts';
import type { Dialled, Dialer } from './dial.ts';
import { type Attempt, type Outcome, twice } from './retry.ts';
import { Refusal, converse, ehloName } from './smtp-dialogue.ts';
import { openSmtp, printable } from './smtp-session.ts';
import { protocolVersionAlert } from './tls-flight.ts';
import { type HandshakeFailure, handshake } from './tls-handshake.ts';

export interface StarttlsContext {
  readonly dialer: Pick<Dialer, 'dial'>;
  /** A clock that only goes forward, milliseconds. */
  readonly elapsed: () => number;
  /** This host's name, said in EHLO. */
  readonly hostName: string;
  /** The whole dialogue, connecting included. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Asking again may end otherwise; a server's own refusal stands. */
const passing = new Set<GapCode>(['connection-reset', 'response-timeout', 'response-stalled']);

const handshakeRefusal = ({ cause, error, flight, received }: HandshakeFailure): Refusal => {
  const evidence: Evidence = {
    stage: 'tls',
    ...(flight.version && { protocol: flight.version }),
    ...(flight.alert !== undefined && { alert: flight.alert }),
    ...(error !== undefined && { error }),
  };
  if (flight.notTls)
    return new Refusal('tls-handshake-failed', {
      ...evidence,
      problem: 'what came is not TLS',
      received: printable(received.subarray(0, 200).toString('latin1')),
    });
  // The server has none of the versions offered: the highest that it has is below them all
  if (flight.alert === protocolVersionAlert) return new Refusal('tls-version-too-low', evidence);
  if (flight.alert !== undefined) return new Refusal('tls-handshake-failed', evidence);
  switch (cause) {
    case 'reset':
      return new Refusal('connection-reset', { ...evidence, closed: 'RST' });
    case 'closed':
      return new Refusal('connection-reset', { ...evidence, closed: 'FIN' });
    case 'silent':
      return new Refusal(received.length === 0 ? 'response-timeout' : 'response-stalled', evidence);
    case 'error':
      return new Refusal('tls-handshake-failed', evidence);
  }
};

const quitMs = 1000;

/** Says goodbye, and waits for it only briefly: everything is known by now. */
const quit = (socket: TLSSocket): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve();
    };
    const timer = setTimeout(end, quitMs);
    socket.once('data', end).once('close', end).once('error', end);
    socket.write('QUIT\r\n');
  });

interface Attempted {
  readonly result: StarttlsResult;
  /** The fault of the dialogue; the dialer has asked twice already. */
  readonly code?: GapCode;
}

/** Connects; an attempt that is called off meanwhile has heard nothing. */
const dial = async (
  target: HostPort,
  { dialer, timeoutMs, signal }: StarttlsContext,
): Promise<Dialled> => {
  try {
    return await dialer.dial(target, { signal, budgetMs: timeoutMs });
  } catch (error) {
    if (!signal.aborted) throw error;
    const evidence = { stage: 'connect' };
    const finding: Finding = { code: 'connect-timeout', target: hostPort(target), evidence };
    return { stages: [], addresses: [], finding };
  }
};

type Connected = Extract<Dialled, { socket: Socket }>;

/** The dialogue on an open connection, which it closes. */
const speak = async (
  target: HostPort,
  { socket, address, addresses, ...connected }: Connected,
  { minVersion = 'TLSv1', elapsed, hostName, signal }: StarttlsContext & StarttlsOptions,
): Promise<Attempted> => {
  const stages: Stage[] = [...connected.stages];
  let started = elapsed();
  const endStage = (name: 'smtp' | 'tls', detail: string): void => {
    stages.push({ name, ms: Math.round(elapsed() - started), detail });
    started = elapsed();
  };
  const result = { stages, addresses };
  const { localAddress } = socket;
  let banner: { banner?: string } = {};
  const session = openSmtp(socket, signal);
  let stage: 'smtp' | 'tls' = 'smtp';
  try {
    await converse(session, ehloName(hostName, socket.localAddress), (text) => {
      banner = { banner: text };
    });
    endStage('smtp', banner.banner ?? '');
    stage = 'tls';
    const host = target.host.replace(/\.$/, '');
    const serverName = isIP(host) === 0 ? { serverName: host } : {};
    const shaken = await handshake(socket, { ...serverName, minVersion, signal });
    if (shaken.failure) throw handshakeRefusal(shaken.failure);
    const { session: tls } = shaken;
    endStage('tls', `${tls.protocol} ${tls.cipher}`);
    await quit(shaken.socket);
    return { result: { ...result, ...banner, findings: [], tls } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code } = error;
    endStage(stage, code);
    const { name, ms } = stages.at(-1) ?? { name: stage, ms: 0 };
    const place = { stage: name, ms, address, port: target.port };
    const finding = {
      code,
      target: hostPort(target),
      evidence: {
        ...error.evidence,
        ...place,
        ...(localAddress !== undefined && { localAddress }),
      },
    };
    return { result: { ...result, ...banner, findings: [finding] }, code };
  } finally {
    session.detach();
    socket.destroy();
  }
};

/**
 * Speaks SMTP with `target` up to the end of the TLS handshake, and QUIT. A network fault is asked
 * twice before it is believed.
 * @throws the signal's reason when the run is aborted
 */
export const starttls = async (
  target: HostPort,
  options: StarttlsOptions,
  context: StarttlsContext,
): Promise<StarttlsResult> => {
  const { timeoutMs: budgetMs, signal, elapsed } = context;
  const attempt = async (own: Attempt): Promise<Outcome<StarttlsResult, Attempted>> => {
    const bounded = { ...context, signal: own.signal };
    const { finding, ...dialled } = await dial(target, bounded);
    own.progress();
    if (dialled.socket === undefined)
      return { value: { ...dialled, findings: finding ? [finding] : [] } };
    const attempted = await speak(target, dialled, { ...bounded, ...options });
    return attempted.code === undefined ? { value: attempted.result } : { fault: attempted };
  };
  const retriable = ({ code }: Attempted): boolean => code !== undefined && passing.has(code);
  const outcome = await twice(attempt, { budgetMs, signal, elapsed, retriable });
  return outcome.fault ? outcome.fault.result : outcome.value;
};
