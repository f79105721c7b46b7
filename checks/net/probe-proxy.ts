/** Can a host be reached through the proxy? A light request tells: any answer of the origin will do. */

import type { Finding, HostPort, ProbeResult, Stage } from '../types.ts';
import { hostPort } from './address.ts';
import { judgeEnd } from './answer.ts';
import { type ExchangeEnd, type ResponseHead, exchange } from './exchange.ts';
import { printable } from './html-page.ts';
import type { NetworkOptions } from './options.ts';
import { judgeProxyAnswer } from './proxy-answer.ts';
import type { ProxyServer } from './proxy.ts';
import { type Attempt, twice } from './retry.ts';
import { type Way, type Ways, urlTarget } from './way.ts';

interface Asked {
  readonly stages: readonly Stage[];
  readonly finding?: Finding;
}

/** The proxy has decided; asking again changes nothing. */
const isRefused = ({ finding }: Asked): boolean =>
  finding?.code === 'proxy-denied' || finding?.code === 'proxy-auth-required';

/** HEAD in absolute form; within a tunnel the tunnel itself has answered. */
const ask = async (
  options: NetworkOptions,
  { url, way }: { readonly url: URL; readonly way: Way },
  { signal }: Attempt,
): Promise<Asked> => {
  const { proxy } = way;
  if (!proxy) {
    way.socket.destroy();
    return { stages: way.stages };
  }
  const start = options.elapsed();
  let answer: ResponseHead | undefined;
  const end: ExchangeEnd = await exchange(
    way.socket,
    {
      method: 'HEAD',
      path: url.href,
      headers: {
        host: url.host,
        'user-agent': options.userAgent ?? 'certready',
        accept: '*/*',
        ...(proxy.authorization && { 'proxy-authorization': proxy.authorization() }),
      },
    },
    {
      signal,
      head(head, stop) {
        answer = head;
        stop();
      },
      data: () => undefined,
    },
  );
  const ms = Math.round(options.elapsed() - start);
  const origin = urlTarget(url);
  const finding = answer
    ? judgeProxyAnswer(answer, proxy, { origin, method: 'HEAD' })
    : judgeEnd(end, undefined, { first: url, url, conditional: false }, 0);
  const detail = finding?.code ?? printable(`${answer?.status ?? ''} ${answer?.statusText ?? ''}`);
  return {
    stages: [...way.stages, { name: 'request', ms, detail }],
    ...(finding && {
      finding: {
        ...finding,
        evidence: {
          ...finding.evidence,
          proxy: hostPort(proxy),
          stage: 'request',
          ms,
          ...way.ends,
        },
      },
    }),
  };
};

/** The URL that asks for a host at all: by the port, as the profile gives no more. */
export const probeUrl = ({ host, port }: HostPort): URL =>
  new URL(
    port === 443 ? `https://${hostPort({ host, port })}/` : `http://${hostPort({ host, port })}/`,
  );

export interface ProxyProbe {
  readonly options: NetworkOptions;
  readonly ways: Ways;
  readonly proxy: ProxyServer;
}

/** @throws the signal's reason when the run is aborted */
export const probeThroughProxy = async (
  { options, ways, proxy }: ProxyProbe,
  target: HostPort,
  signal: AbortSignal,
): Promise<ProbeResult> => {
  const { elapsed, requestTimeoutMs } = options;
  const url = probeUrl(target);
  const deadline = elapsed() + requestTimeoutMs;
  const outcome = await twice<Asked, Asked>(
    async (attempt) => {
      const budgetMs = deadline - elapsed();
      attempt.busy();
      const { signal: own, progress: connected } = attempt;
      const opened = await ways.openTcp(url, { elapsed, signal: own, budgetMs, connected });
      const asked = opened.way ? await ask(options, { url, way: opened.way }, attempt) : opened;
      return asked.finding && !isRefused(asked) ? { fault: asked } : { value: asked };
    },
    {
      budgetMs: requestTimeoutMs,
      signal,
      elapsed,
      // The dialler has asked twice for the proxy itself.
      exhausted: ({ finding }) => finding?.code === 'proxy-unreachable',
    },
  );
  const { stages, finding } = outcome.value ?? outcome.fault;
  return { stages, findings: finding ? [finding] : [], addresses: [], proxy: hostPort(proxy) };
};
