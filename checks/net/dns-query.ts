/** Asks the DNS servers themselves, because the system's lookup hides why it failed and how long it will hang. */

import { Resolver } from 'node:dns';
import { type Address, hostPort, parseAddress, parsePort } from './address.ts';
import { errorCode } from './faults.ts';
import { type Outcome, twice } from './retry.ts';

/** What a server, or all of them, said of a name. */
export type Answer =
  | { readonly kind: 'found'; readonly addresses: readonly Address[] }
  /** NXDOMAIN or NODATA. */
  | { readonly kind: 'not-found'; readonly error: string }
  /** SERVFAIL, REFUSED, a rejected port 53 … */
  | { readonly kind: 'failure'; readonly error: string }
  | { readonly kind: 'silent' };

export interface Answers {
  readonly answer: Answer;
  /** Every server that was asked answered both questions: then the system's lookup will not hang. */
  readonly prompt: boolean;
}

export interface QueryOptions {
  /** Servers as `dns.Resolver` writes them; none: the configured ones. */
  readonly servers?: readonly string[];
  readonly budgetMs: number;
  readonly elapsed: () => number;
  readonly signal: AbortSignal;
}

/** More servers than resolv.conf may name; the rest are never asked by the system either. */
const maxServers = 4;

/** The servers to ask, as ADDRESS or ADDRESS:PORT. */
export const serverList = (servers?: readonly string[]): readonly string[] =>
  (servers ?? new Resolver().getServers()).slice(0, maxServers);

/** A server as HOST:PORT. */
export const serverName = (server: string): string => {
  const bare = parseAddress(server);
  if (bare) return hostPort({ host: bare.address, port: 53 });
  const [, host = server, port = ''] = /^(.*):(\d+)$/.exec(server) ?? [];
  return hostPort({ host: host.replace(/^\[|\]$/g, ''), port: parsePort(port) ?? 53 });
};

type Family = 4 | 6;

const ask = (resolver: Resolver, name: string, family: Family): Promise<Answer> =>
  new Promise((resolve) => {
    const done = (error: Error | null, addresses: readonly string[]): void => {
      if (error === null) {
        resolve({
          kind: 'found',
          addresses: addresses.map((address) => ({ address, family })),
        });
        return;
      }
      const code = errorCode(error) ?? 'EUNKNOWN';
      if (code === 'ENOTFOUND') resolve({ kind: 'not-found', error: 'NXDOMAIN' });
      else if (code === 'ENODATA') resolve({ kind: 'not-found', error: 'NODATA' });
      else if (code === 'ETIMEOUT' || code === 'ECANCELLED') resolve({ kind: 'silent' });
      else resolve({ kind: 'failure', error: code.replace(/^E(SERVFAIL|REFUSED)$/, '$1') });
    };
    if (family === 4) resolver.resolve4(name, done);
    else resolver.resolve6(name, done);
  });

/** What the answers of one server for A and AAAA say together; a name that has either exists. */
const combine = (four: Answer, six: Answer): Answer => {
  const addresses = [four, six].flatMap((answer) =>
    answer.kind === 'found' ? answer.addresses : [],
  );
  if (addresses.length > 0) return { kind: 'found', addresses };
  const answers = [four, six];
  const nameIsUnknown = answers.find(
    (answer) => answer.kind === 'not-found' && answer.error === 'NXDOMAIN',
  );
  return (
    nameIsUnknown ??
    answers.find(({ kind }) => kind === 'failure') ??
    answers.find(({ kind }) => kind === 'silent') ??
    four
  );
};

/** Both questions to one server; once one is answered, the other is waited for only so long. */
const askServer = async (
  name: string,
  server: string,
  { budgetMs, signal }: QueryOptions,
): Promise<Answers> => {
  const resolver = new Resolver({ timeout: Math.max(200, Math.round(budgetMs / 4)), tries: 2 });
  resolver.setServers([server]);
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  let patience: NodeJS.Timeout | undefined;
  const impatient = (answer: Answer): Answer => {
    if (answer.kind === 'found') patience ??= setTimeout(cancel, budgetMs / 4);
    return answer;
  };
  try {
    const [four, six] = await Promise.all([
      ask(resolver, name, 4).then(impatient),
      ask(resolver, name, 6).then(impatient),
    ]);
    const prompt = four.kind !== 'silent' && six.kind !== 'silent';
    return { answer: combine(four, six), prompt };
  } finally {
    clearTimeout(patience);
    signal.removeEventListener('abort', cancel);
  }
};

/** The next server when the one before failed or was silent for a while; the first that knows decides. */
const askServers = (name: string, options: QueryOptions): Promise<Outcome<Answers, Answers>> =>
  new Promise((resolve, reject) => {
    const waiting = [...serverList(options.servers)];
    const staggerMs = options.budgetMs / 2 / (waiting.length + 1);
    const faults: Answer[] = [];
    const stop = new AbortController();
    let allPrompt = true;
    let running = 0;
    let timer: NodeJS.Timeout | undefined;
    const end = (): void => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', onAbort);
      stop.abort();
    };
    const onAbort = (): void => {
      waiting.length = 0;
      clearTimeout(timer);
      stop.abort();
    };
    const take = ({ answer, prompt }: Answers): void => {
      running--;
      allPrompt &&= prompt;
      if (answer.kind === 'found' || answer.kind === 'not-found') {
        // Servers that are still being asked have been silent for longer than this one.
        resolve({ value: { answer, prompt: allPrompt && running === 0 } });
        end();
        return;
      }
      faults.push(answer);
      if (waiting.length > 0) next();
      else if (running === 0) {
        const worst = faults.find(({ kind }) => kind === 'failure') ?? answer;
        resolve({ fault: { answer: worst, prompt: allPrompt } });
        end();
      }
    };
    const next = (): void => {
      clearTimeout(timer);
      const server = waiting.shift();
      if (server === undefined) return;
      running++;
      askServer(name, server, { ...options, signal: stop.signal }).then(take, reject);
      if (waiting.length > 0) timer = setTimeout(next, staggerMs);
    };
    options.signal.addEventListener('abort', onAbort, { once: true });
    if (waiting.length > 0) next();
    else {
      resolve({
        fault: { answer: { kind: 'failure', error: 'ENOSERVER' }, prompt: true },
      });
      end();
    }
  });

/**
 * What the DNS servers say of a name's A and AAAA records. A failure or silence is asked twice; a server
 * that fails beside one that knows does not matter.
 */
export const queryName = async (name: string, options: QueryOptions): Promise<Answers> => {
  const outcome = await twice<Answers, Answers>(
    ({ signal }) => askServers(name, { ...options, signal }),
    options,
  );
  return outcome.value ?? outcome.fault;
};
