/** Faults of the conversation: what boxes on the way, or in the host's place, answer. */

import type { BehaviourName } from '../fault-server.ts';
import { blockPorts } from '../services/web.ts';
import { type Fault, behave, crl, eachCrl, translate } from './fault.ts';

/** Which protocol carries it makes no difference once the connection stands. */
const single = ['ipv4', 'ipv6'] as const;

const misbehaving = (
  rows: readonly (readonly [string, BehaviourName, Fault['gaps']])[],
): readonly Fault[] =>
  rows.map(([name, behaviour, gaps]) => ({
    name,
    make: behave(behaviour),
    families: single,
    gaps,
  }));

const ledTo = (
  rows: readonly (readonly [string, keyof typeof blockPorts, Fault['gaps']])[],
): readonly Fault[] =>
  rows.map(([name, port, gaps]) => ({
    name,
    make: translate('crl', 80, blockPorts[port]),
    families: single,
    gaps,
  }));

export const httpFaults: readonly Fault[] = [
  ...misbehaving([
    ['reset after connect', 'reset-after-connect', [`connection-reset:${crl}`]],
    ['reset after the request', 'reset-after-request', [`connection-reset:${crl}`]],
    ['closed after the request', 'closed-after-request', [`response-truncated:${crl}`]],
    ['accepted and never answered', 'never-answers', [`response-timeout:${crl}`]],
    ['half a header, then silence', 'half-header', [`response-timeout:${crl}`]],
    ['header, then silence', 'header-only', [`response-stalled:${crl}`]],
    ['body stalls', 'stalls-in-body', [`response-stalled:${crl}`]],
    ['body drips', 'drips', [`response-stalled:${crl}`]],
    ['body cut short', 'cut-short', [`response-truncated:${crl}`]],
    ['chunked body cut short', 'cut-short-chunked', [`response-truncated:${crl}`]],
    ['reset in the body', 'resets-in-body', [`connection-reset:${crl}`]],
    ['not HTTP at all', 'garbage', eachCrl('unexpected-content')],
    ['empty answer', 'empty', eachCrl('unexpected-content')],
    ['transparent proxy rewrites', 'rewrites', eachCrl('crl-signature-invalid')],
    ['gzip where none was asked', 'gzip', []],
    ['deflate where none was asked', 'deflate', []],
    ['HTTP/1.0', 'http-1.0', []],
    ['chunked', 'chunked', []],
    ['keep-alive closed between requests', 'close-keep-alive', []],
    ['half a second to think', 'slow-but-fine', []],
  ]),
  ...ledTo([
    ['block page with 200', 'page200', eachCrl('block-page')],
    ['block page with 403', 'page403', eachCrl('block-page')],
    ['block page with 511', 'page511', eachCrl('block-page')],
    ['block page under the type of a CRL', 'disguised', eachCrl('block-page')],
    ['page with 404', 'page404', eachCrl('http-status')],
    ['page with 503', 'page503', eachCrl('http-status')],
    ['redirect to a portal on another host', 'portal', eachCrl('redirected-elsewhere')],
    ['redirect to the right bytes on another host', 'elsewhere', []],
    ["another host's content", 'otherContent', eachCrl('unexpected-content')],
    ["another CA's CRL", 'otherCrl', eachCrl('crl-wrong-issuer')],
    ['wrong content type, right bytes', 'wrongType', []],
  ]),
];
