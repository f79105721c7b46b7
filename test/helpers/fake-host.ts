/** A host without a network or stores, for checks that are handed what they see. */

import type {
  BodySink,
  FetchRequest,
  FetchResult,
  Finding,
  Host,
  Network,
  ResolveResult,
  StarttlsResult,
  TrustStore,
} from '../../checks/types.ts';

/** What a URL answers: a body, or the reason why there is none. */
export type Answer =
  { readonly body: Uint8Array; readonly contentType?: string } | { readonly finding: Finding };

export interface FakeHostOptions {
  /** By URL; anything else is a bug of the test. */
  readonly answers?: ReadonlyMap<string, Answer>;
  readonly starttls?: Network['starttls'];
  readonly resolve?: Network['resolve'];
  readonly trustStores?: readonly TrustStore[];
  readonly now?: Date;
}

export interface FakeHost extends Host {
  /** The URLs that were fetched, in order. */
  readonly fetched: readonly string[];
}

const unexpected = (what: string): never => {
  throw new Error(`the test expects no ${what}`);
};

const answerTo = <S extends BodySink>(request: FetchRequest<S>, answer: Answer): FetchResult<S> => {
  const common = { stages: [], redirects: [], serverTimes: [] };
  if ('finding' in answer) return { ...common, finding: answer.finding, bytes: 0 };
  const sink = request.open();
  // in pieces, as a network brings it
  for (let at = 0; at < answer.body.length; at += 1000)
    sink.write(answer.body.subarray(at, at + 1000));
  const { contentType = 'application/octet-stream', body } = answer;
  return { ...common, sink, status: 200, contentType, bytes: body.length };
};

export const fakeHost = (options: FakeHostOptions = {}): FakeHost => {
  const fetched: string[] = [];
  let elapsed = 0;
  return {
    name: 'mx.example.org',
    platform: 'linux',
    release: '6.1.0',
    now: () => options.now ?? new Date('2025-06-03T12:00:00Z'),
    elapsed: () => elapsed++,
    network: {
      probe: () => unexpected('probe'),
      resolve: options.resolve ?? ((): Promise<ResolveResult> => unexpected('resolving')),
      fetch(request) {
        fetched.push(request.url);
        const answer = options.answers?.get(request.url);
        return Promise.resolve(
          answer ? answerTo(request, answer) : unexpected(`fetch of ${request.url}`),
        );
      },
      starttls: options.starttls ?? ((): Promise<StarttlsResult> => unexpected('STARTTLS')),
    },
    trustStores: () => Promise.resolve(options.trustStores ?? []),
    fetched,
  };
};
