/** Fetches a URL: follows redirects, within one time for all of it. */

import type { BodySink, FetchRequest, FetchResult, Finding, ServerTime, Stage } from '../types.ts';
import { hostPort } from './address.ts';
import { type Asked, badRedirect, shownUrl } from './answer.ts';
import type { NetworkOptions } from './options.ts';
import { type Hop, located, requestHop } from './request.ts';
import { type Ways, urlTarget } from './way.ts';

const maxRedirects = 5;

const isConditional = (headers: Readonly<Record<string, string>> = {}): boolean =>
  Object.keys(headers).some((name) => /^if-(?:none-match|modified-since)$/i.test(name));

/** The URL that a Location leads to; only http and https are ever fetched. */
const followed = (location: string, from: URL): URL | undefined => {
  if (!URL.canParse(location, from.href)) return undefined;
  const url = new URL(location, from);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
};

/**
 * Redirects used the request's time up while the last host's name or address was still waited for: that says
 * nothing of the host, only that the whole took too long.
 */
const outOfTime = (finding: Finding, url: URL): Finding =>
  finding.code === 'connect-timeout' || finding.code === 'dns-timeout'
    ? { ...finding, code: 'response-timeout', target: hostPort(urlTarget(url)) }
    : finding;

export interface FetchContext {
  readonly options: NetworkOptions;
  readonly ways: Ways;
}

/** @throws the signal's reason when the run is aborted; what the sink threw */
export const fetchUrl = async <S extends BodySink>(
  { options, ways }: FetchContext,
  request: FetchRequest<S>,
  signal: AbortSignal,
): Promise<FetchResult<S>> => {
  const deadline = options.elapsed() + options.requestTimeoutMs;
  const first = new URL(request.url);
  const conditional = isConditional(request.headers);
  const stages: Stage[] = [];
  const redirects: string[] = [];
  const serverTimes: ServerTime[] = [];
  let url = first;
  let method = request.method ?? 'GET';

  const result = (
    { sink, status, contentType, validators, bytes, address }: Hop<S>,
    finding: Finding | undefined,
  ): FetchResult<S> => ({
    stages,
    redirects,
    serverTimes,
    bytes,
    ...(sink && !finding && { sink }),
    ...(finding && {
      finding: {
        ...finding,
        evidence: { ...finding.evidence, ...(redirects.length > 0 && { redirects }) },
      },
    }),
    ...(status !== undefined && { status }),
    ...(contentType !== undefined && { contentType }),
    ...(validators && { validators }),
    ...(address !== undefined && { address }),
  });

  for (;;) {
    const asked: Asked = { first, url, conditional };
    const budgetMs = Math.max(0, deadline - options.elapsed());
    const hop = await requestHop({ options, ways, asked, method, request, budgetMs, signal });
    stages.push(...hop.stages);
    if (hop.serverTime) serverTimes.push(hop.serverTime);
    if (hop.redirect === undefined) {
      const isCut = redirects.length > 0 && budgetMs < options.connectTimeoutMs;
      return result(hop, hop.finding && isCut ? outOfTime(hop.finding, url) : hop.finding);
    }
    const next = followed(hop.redirect, url);
    const reason = next ? `more than ${maxRedirects} redirects` : 'leads to no http or https URL';
    if (!next || redirects.length === maxRedirects)
      return result(hop, located(badRedirect(asked, hop.redirect, reason), { ...hop, url }));
    redirects.push(shownUrl(next));
    if (hop.status === 303) method = 'GET';
    url = next;
  }
};
