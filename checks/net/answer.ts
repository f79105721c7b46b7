/** What an answer means: the body that was asked for, a page in its place, a status, or a fault of the path. */

import type { BodySink, Evidence, Finding, GapCode } from '../types.ts';
import { hostPort } from './address.ts';
import type { BodyEnd } from './body.ts';
import type { ExchangeEnd, ResponseHead } from './exchange.ts';
import { connectGap } from './faults.ts';
import { printable } from './html-page.ts';
import { urlTarget } from './way.ts';

/** What was asked: the URL that the profile names, and where redirects have led since. */
export interface Asked {
  readonly first: URL;
  readonly url: URL;
  /** The request carried a validator, so that 304 is an answer. */
  readonly conditional: boolean;
}

const successes = new Set([200, 203]);
const redirects = new Set([301, 302, 303, 307, 308]);

/** HTML under these is the origin's own error page; 511 asks for a login to the network (RFC 6585). */
const isOriginError = (status: number): boolean =>
  status === 404 || status === 410 || (status >= 500 && status !== 511);

export const isSuccess = ({ status }: ResponseHead): boolean => successes.has(status);

/** Where a redirect leads, as it was sent. */
export const redirectOf = ({ status, header }: ResponseHead): string | undefined =>
  redirects.has(status) ? header('location') : undefined;

/** Whether the header alone settles what the answer is. */
export const isSettledByHead = (head: ResponseHead): boolean => isOriginError(head.status);

/** A URL as it may be shown: without user, password and fragment. */
export const shownUrl = (url: URL): string => {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.hash = '';
  return shown.href;
};

const shownHeaders = ({ status, statusText, header }: ResponseHead): Evidence =>
  Object.fromEntries(
    [
      ['status', status] as const,
      ['reason', statusText] as const,
      ['contentType', header('content-type')] as const,
      ['server', header('server')] as const,
      ['via', header('via')] as const,
    ]
      .filter(([, value]) => value !== undefined && value !== '')
      .map(([name, value]) => [
        name,
        typeof value === 'string' ? printable(value) : (value ?? null),
      ]),
  );

const pageCode = ({ first, url }: Asked, { status }: ResponseHead): GapCode => {
  if (isOriginError(status)) return 'http-status';
  return url.hostname === first.hostname ? 'block-page' : 'redirected-elsewhere';
};

const bodyCode = (
  end: BodyEnd<BodySink>,
  asked: Asked,
  head: ResponseHead,
): GapCode | undefined => {
  switch (end.kind) {
    case 'page':
      return pageCode(asked, head);
    case 'bytes':
      return undefined;
    case 'ignored':
      return head.status === 511 ? 'block-page' : 'http-status';
    case 'empty':
      return 'unexpected-content';
    case 'too-large':
      return 'response-too-large';
    case 'undecodable':
      return end.truncated ? 'response-truncated' : 'unexpected-content';
  }
};

/** The gap behind a body that ended, whatever its status; undefined where it is what was asked for. */
export const judgeBody = (
  end: BodyEnd<BodySink>,
  head: ResponseHead,
  asked: Asked,
): Finding | undefined => {
  if (head.status === 304 && asked.conditional) return undefined;
  const code = bodyCode(end, asked, head);
  if (code === undefined) return undefined;
  const url = shownUrl(asked.url);
  const target =
    code === 'response-truncated' ? hostPort(urlTarget(asked.url)) : shownUrl(asked.first);
  return {
    code,
    target,
    evidence: {
      url,
      ...shownHeaders(head),
      bytes: end.bytes,
      ...(end.kind === 'page' && end.title !== undefined && { title: end.title }),
      ...(end.kind === 'undecodable' && {
        error: end.error,
        contentEncoding: printable(head.header('content-encoding') ?? ''),
      }),
    },
  };
};

const endCode = (end: ExchangeEnd, head: ResponseHead | undefined): GapCode => {
  switch (end.kind) {
    case 'aborted':
    case 'stopped':
    case 'complete':
      return head ? 'response-stalled' : 'response-timeout';
    case 'closed':
      return 'response-truncated';
    case 'reset':
      return 'connection-reset';
    case 'lost':
      if (end.error === 'ETIMEDOUT') return head ? 'response-stalled' : 'response-timeout';
      return connectGap({ code: end.error });
    case 'garbled':
      return 'unexpected-content';
  }
};

/** The gap behind an exchange that ended before its answer did; `head` is what had come by then. */
export const judgeEnd = (
  end: ExchangeEnd,
  head: ResponseHead | undefined,
  asked: Asked,
  bytes: number,
): Finding => {
  const code = endCode(end, head);
  return {
    code,
    target: code === 'unexpected-content' ? shownUrl(asked.first) : hostPort(urlTarget(asked.url)),
    evidence: {
      url: shownUrl(asked.url),
      ...(head && shownHeaders(head)),
      bytes,
      ...('error' in end && { error: end.error }),
    },
  };
};

/** A redirect that is not followed. */
export const badRedirect = (asked: Asked, location: string, reason: string): Finding => ({
  code: asked.url.hostname === asked.first.hostname ? 'unexpected-content' : 'redirected-elsewhere',
  target: shownUrl(asked.first),
  evidence: {
    url: shownUrl(asked.url),
    location: printable(location.replace(/\/\/[^/@]*@/, '//'), 300),
    reason,
  },
});
