/** Does each OCSP responder of the profile answer for its certificate, and may the answer be believed? */

import { setTimeout as delay } from 'node:timers/promises';
import { embeddedLine } from './embedded-authority.ts';
import { type OcspExchange, askOcsp } from './ocsp-exchange.ts';
import {
  type OcspAnswer,
  type OcspLines,
  type OcspSubject,
  judgeAnswers,
  judgeReachability,
} from './ocsp-judgement.ts';
import { type Certificate, parseCertificate } from './pki/certificate.ts';
import { DerError } from './pki/der.ts';
import { prepareOcsp } from './pki/ocsp-judge.ts';
import {
  type CertIdHash,
  type OcspQuestion,
  buildOcspRequest,
  buildReachabilityRequest,
} from './pki/ocsp-request.ts';
import { serialBytes, serialHex } from './pki/values.ts';
import type {
  Check,
  GapId,
  Host,
  Observation,
  OcspSource,
  Profile,
  Run,
  Stage,
  Task,
} from './types.ts';

/** How long the certificates that a question needs may take before the responder is tried without one. */
const patienceMs = 1000;

type Identified =
  | { readonly question: OcspQuestion }
  | {
      readonly question?: undefined;
      readonly blockedBy: readonly GapId[];
      readonly reason: string;
    };

type Known =
  | { readonly certificate: Certificate }
  | {
      readonly certificate?: undefined;
      readonly blockedBy: readonly GapId[];
      readonly reason: string;
    };

const certificateOf = async (
  profile: Profile,
  id: string,
  { run, signal }: { run: Run; signal: AbortSignal },
): Promise<Known> => {
  const found = await run.authority(profile, id, signal);
  if (!found.der) return { blockedBy: found.blockedBy, reason: found.reason };
  try {
    return { certificate: parseCertificate(found.der) };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { blockedBy: [], reason: `the certificate of ${id} cannot be read: ${error.message}` };
  }
};

/** Gathers what a question needs: the issuer's certificate, and the serial number or the certificate with it. */
const identify = async (
  profile: Profile,
  { issuer, certificate }: OcspSource,
  context: { run: Run; signal: AbortSignal },
): Promise<Identified> => {
  const [by, about] = await Promise.all([
    certificateOf(profile, issuer, context),
    'serial' in certificate
      ? { serial: serialBytes(certificate.serial) }
      : certificateOf(profile, certificate.authority, context),
  ]);
  const missing = [by, about].flatMap((known) =>
    'reason' in known ? [{ blockedBy: known.blockedBy, reason: known.reason }] : [],
  );
  const [first] = missing;
  if (by.certificate === undefined || first)
    return {
      blockedBy: [...new Set(missing.flatMap(({ blockedBy }) => blockedBy))],
      reason: first?.reason ?? 'the issuer is not known',
    };
  if ('serial' in about) return { question: { issuer: by.certificate, serial: about.serial } };
  if (about.certificate === undefined) throw new Error('a known certificate is there');
  const { serial } = about.certificate;
  return { question: { issuer: by.certificate, serial, certificate: about.certificate } };
};

/** The lines of the issuer, and of the authority that is asked about. */
const linesOf = async (
  profile: Profile,
  { issuer, certificate }: OcspSource,
  context: { run: Run; signal: AbortSignal },
): Promise<OcspLines> => {
  const lineOf = async (id: string) => {
    const authority = profile.authorities.find((each) => each.id === id);
    return authority && embeddedLine(authority, { profile, ...context });
  };
  const [by, about] = await Promise.all([
    lineOf(issuer),
    'authority' in certificate ? lineOf(certificate.authority) : undefined,
  ]);
  return { ...(by && { by }), ...(about && { about }) };
};

/** Parses, matches and verifies once; judging at a time is cheap then. */
const prepare = (
  question: OcspQuestion,
  exchanges: readonly OcspExchange[],
  host: Host,
): { answers: readonly OcspAnswer[]; verify: readonly Stage[] } => {
  const started = host.elapsed();
  const answers = exchanges.flatMap((exchange): OcspAnswer[] => {
    const { body, response } = exchange;
    return body ? [{ exchange, judge: prepareOcsp(response ?? body, question) }] : [];
  });
  const ms = Math.round(host.elapsed() - started);
  return { answers, verify: answers.length > 0 ? [{ name: 'verify', ms }] : [] };
};

/** The stages of the method that got furthest: POST where both did. */
const stagesOf = (exchanges: readonly OcspExchange[]): readonly Stage[] =>
  (exchanges.find(({ body }) => body !== undefined) ?? exchanges[0])?.stages ?? [];

const observe = async (
  profile: Profile,
  source: OcspSource,
  { run, signal }: { run: Run; signal: AbortSignal },
): Promise<Observation> => {
  const { url, certificate } = source;
  const { host } = run;
  const known = 'serial' in certificate ? serialBytes(certificate.serial) : undefined;
  const ask = (request: (hash: CertIdHash) => Uint8Array) =>
    askOcsp(url, { host, signal, request });
  const askAtAll = () => ask(() => buildReachabilityRequest(known ?? Uint8Array.of(1)));

  // A dead AIA host must not make a dead responder cost a second timeout: it is tried meanwhile
  const arrived = new AbortController();
  const early = delay(patienceMs, undefined, { signal: arrived.signal }).then(
    askAtAll,
    () => undefined,
  );
  early.catch(() => undefined); // awaited below, unless gathering the certificates fails first
  const identified = await identify(profile, source, { run, signal }).finally(() =>
    arrived.abort(),
  );
  const tried = await early;

  const { question } = identified;
  const subject: OcspSubject = {
    url,
    ...(question && { issuer: question.issuer, serial: serialHex(question.serial) }),
    ...(!question && known && { serial: serialHex(known) }),
    ...(question?.certificate && { certificate: question.certificate }),
  };
  const unreachable = tried?.every(({ body, status }) => !body && status === undefined) === true;
  if (!question || unreachable) {
    const exchanges = tried ?? (await askAtAll());
    return {
      stages: stagesOf(exchanges),
      serverTimes: exchanges.flatMap(({ serverTimes }) => serverTimes),
      judge: (at) =>
        question
          ? judgeAnswers(subject, { exchanges, answers: [], lines: {} }, at)
          : judgeReachability(subject, exchanges, identified),
    };
  }
  const [exchanges, lines] = await Promise.all([
    ask((hash) => buildOcspRequest({ ...question, hash })),
    linesOf(profile, source, { run, signal }),
  ]);
  const { answers, verify } = prepare(question, exchanges, host);
  return {
    stages: [...stagesOf(exchanges), ...verify],
    serverTimes: exchanges.flatMap(({ serverTimes }) => serverTimes),
    judge: (at) => judgeAnswers(subject, { exchanges, answers, lines }, at),
  };
};

/** What makes an authority the same in two profiles. */
const identityOf = (profile: Profile, id: string): string => {
  const authority = profile.authorities.find((candidate) => candidate.id === id);
  return authority?.sha256 ?? authority?.url ?? `${profile.id}/${id}`;
};

const questionOf = (profile: Profile, { issuer, certificate }: OcspSource): string => {
  const about =
    'serial' in certificate
      ? serialHex(serialBytes(certificate.serial))
      : identityOf(profile, certificate.authority);
  return `${about} by ${identityOf(profile, issuer)}`;
};

const certificateId = ({ certificate }: OcspSource): string =>
  'serial' in certificate ? certificate.serial : certificate.authority;

export const ocspCheck: Check = {
  kind: 'ocsp',
  tasks(profile, run) {
    const firstAt = new Map<string, string>();
    return profile.ocsp.map((source): Task => {
      const { url } = source;
      const question = questionOf(profile, source);
      const first = firstAt.get(url) ?? question;
      firstAt.set(url, first);
      return {
        kind: 'ocsp',
        // Several certificates at one URL: the first has the plain id
        target: first === question ? url : `${url}#${certificateId(source)}`,
        question,
        observe: (signal) => observe(profile, source, { run, signal }),
      };
    });
  },
};
