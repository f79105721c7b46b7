/** Stands in for the way to an OCSP responder: what each method answers is a function of the request. */

import { ocspCheck } from '../../checks/ocsp.ts';
import type {
  AuthorityCertificate,
  FetchRequest,
  FetchResult,
  Finding,
  GapId,
  Host,
  Judgement,
  Network,
  Observation,
  OcspSource,
  Profile,
  Run,
  Task,
} from '../../checks/types.ts';
import { fakeHost } from './fake-host.ts';
import { testTime } from './private-ca.ts';

export interface AskedRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** DER of the OCSPRequest. */
  readonly der: Buffer;
  /** The most bytes of body that the check takes. */
  readonly limit: number;
}

export type Reply =
  | { readonly body: Uint8Array; readonly status?: number; readonly contentType?: string }
  | { readonly finding: Finding; readonly status?: number };

export type Responder = (asked: AskedRequest) => Reply | Promise<Reply>;

/** The base URL of every responder here. */
export const responderUrl = 'http://ocsp.test/ca';

export const responderAddress = '192.0.2.7';

const requestIn = ({ method = 'GET', url, body }: FetchRequest<never>): Buffer => {
  if (method === 'POST') return Buffer.from(body ?? []);
  return Buffer.from(decodeURIComponent(url.slice(url.lastIndexOf('/') + 1)), 'base64');
};

/** A network that leads to the responder only. */
export const networkTo = (responder: Responder): { network: Network; asked: AskedRequest[] } => {
  const asked: AskedRequest[] = [];
  const unexpected = (): never => {
    throw new Error('the test expects fetches only');
  };
  const network: Network = {
    probe: unexpected,
    resolve: unexpected,
    starttls: unexpected,
    async fetch(request, signal) {
      signal.throwIfAborted();
      const { method = 'GET', url, headers = {}, limit } = request;
      const der = requestIn(request as unknown as FetchRequest<never>);
      const one = { method, url, headers, der, limit };
      asked.push(one);
      const reply = await responder(one);
      const common = {
        stages: [{ name: 'request' as const, ms: 0, detail: method }],
        redirects: [],
        serverTimes: [],
        address: responderAddress,
      };
      const status = reply.status === undefined ? {} : { status: reply.status };
      if ('finding' in reply) return { ...common, ...status, finding: reply.finding, bytes: 0 };
      const sink = request.open();
      for (let at = 0; at < reply.body.length; at += 500)
        sink.write(reply.body.subarray(at, at + 500));
      const contentType = reply.contentType ?? 'application/ocsp-response';
      const result: FetchResult<typeof sink> = {
        ...common,
        status: reply.status ?? 200,
        sink,
        contentType,
        bytes: reply.body.length,
      };
      return result;
    },
  };
  return { network, asked };
};

export interface CheckOptions {
  readonly ocsp: readonly OcspSource[];
  /** DER by authority id; one that is not here is missing because of `missing`. */
  readonly authorities: Readonly<Record<string, Uint8Array | Promise<Uint8Array>>>;
  readonly missing?: readonly GapId[];
  readonly network: Network;
}

export const profileWith = (ocsp: readonly OcspSource[], id = 'test'): Profile => ({
  id,
  title: 'Test',
  replaces: [],
  notes: [],
  endpoints: [],
  authorities: [],
  crls: [],
  ocsp,
});

export const runWith = ({ authorities, missing = [], network }: CheckOptions): Run => {
  const host: Host = { ...fakeHost(), network };
  return {
    host,
    options: { smtp: [] },
    async authority(_profile, id): Promise<AuthorityCertificate> {
      const der = await authorities[id];
      if (der) return { der, source: 'profile' };
      return { blockedBy: missing, reason: `no certificate of ${id}` };
    },
    once: (_key, make) => make(),
    seen: () => ({ serverTimes: [], findings: [] }),
  };
};

export const tasksOf = (options: CheckOptions): readonly Task[] =>
  ocspCheck.tasks(profileWith(options.ocsp), runWith(options));

/** What the first task of the check sees and concludes. */
export const runCheck = async (
  options: CheckOptions,
  at = testTime,
): Promise<{ observation: Observation; judgement: Judgement }> => {
  const [task] = tasksOf(options);
  if (!task) throw new Error('no task');
  const observation = await task.observe(new AbortController().signal);
  return { observation, judgement: observation.judge(at) };
};
