/** Is an answer the proxy's own, or the origin's passed on? And what does the proxy mean by it? */

import type { Evidence, Finding, HostPort } from '../types.ts';
import { hostPort } from './address.ts';
import type { ResponseHead } from './exchange.ts';
import { printable } from './html-page.ts';
import type { ProxyServer } from './proxy.ts';

/** Products that name themselves as the server only when they answer themselves. */
const proxyProducts =
  /\b(?:squid|tinyproxy|privoxy|3proxy|zscaler|bluecoat|blue coat|proxysg|symantec|websense|forcepoint|mcafee|skyhigh|webwasher|ironport|asyncos|fortiproxy|fortigate|fortinet|sophos|netskope|kerio|smoothwall|trellix|web ?gateway|web ?proxy)\b/i;

/** What a gateway answers when it could not do what it was asked. */
const gatewayStatuses = new Set([403, 500, 502, 503, 504]);

/**
 * Whether the answer comes from the proxy itself. A message passed on carries Via (RFC 9110 section 7.6.3) or
 * the origin's Server; squid and others mark their own errors, RFC 9209 does it for all.
 */
const isOwn = ({ status, statusText, header }: ResponseHead): boolean => {
  if (status === 407 || header('x-squid-error') !== undefined) return true;
  if (status < 400) return false;
  if (proxyProducts.test(header('server') ?? '') || /^proxy error/i.test(statusText)) return true;
  if (header('via') !== undefined) return false;
  if (/;\s*error=/i.test(header('proxy-status') ?? '')) return true;
  return header('server') === undefined && gatewayStatuses.has(status);
};

/** Statuses by which a proxy refuses: not allowed, not this method, not for legal reasons. */
const refusals = new Set([401, 403, 405, 451, 501]);

const isDenial = ({ status, header }: ResponseHead): boolean =>
  refusals.has(status) ||
  status < 400 || // the page of a rule, with a status of its own
  /DENIED/i.test(header('x-squid-error') ?? '') ||
  /error=http_request_denied/i.test(header('proxy-status') ?? '');

/** The schemes that a 407 offers, e.g. `Basic, NTLM`. */
const offered = (header = ''): string =>
  [...header.matchAll(/(?:^|,)\s*([A-Za-z][A-Za-z0-9-]*)(?=\s+[^=\s]|\s*,|\s*$)/g)]
    .map(([, scheme = '']) => scheme)
    .slice(0, 8)
    .join(', ');

const shown = (name: string, value: string | undefined): Evidence =>
  value === undefined || value === '' ? {} : { [name]: printable(value) };

/**
 * The gap behind a proxy's own answer; undefined for an answer that it passed on. Any answer to CONNECT
 * other than 2xx is its own (RFC 9110 section 9.3.6).
 */
export const judgeProxyAnswer = (
  head: ResponseHead,
  proxy: ProxyServer,
  { origin, method }: { readonly origin: HostPort; readonly method: string },
): Finding | undefined => {
  const { status, statusText, header } = head;
  if (method === 'CONNECT' ? status >= 200 && status < 300 : !isOwn(head)) return undefined;
  const evidence: Evidence = {
    proxy: hostPort(proxy),
    status,
    method,
    ...shown('reason', statusText),
    ...shown('server', header('server')),
    ...shown('via', header('via')),
    ...shown('proxyError', header('x-squid-error') ?? header('proxy-status')),
  };
  if (status === 407)
    return {
      code: 'proxy-auth-required',
      target: hostPort(proxy),
      evidence: {
        ...evidence,
        ...shown('schemes', offered(header('proxy-authenticate'))),
        credentials: proxy.authorization ? 'refused' : 'none',
      },
    };
  return {
    code: isDenial(head) ? 'proxy-denied' : 'proxy-error',
    target: hostPort(origin),
    evidence,
  };
};
