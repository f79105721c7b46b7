/** What is asked about a fault, and what its answer is judged by. */

import type { Family, Fault } from '../../test/lab/faults/fault.ts';
import {
  type Answer,
  type FirewallLab,
  answerOf,
  timeoutsOf,
  usualResolvers,
} from '../../test/lab/lab.ts';

export interface Situation {
  readonly lab: FirewallLab;
  readonly fault: Fault;
  readonly family: Family;
}

export interface Verdict {
  /** It says that something is wrong: by its exit status, or probe_success 0. */
  readonly noticed: boolean;
  /** What it says of what failed. */
  readonly said: string;
  /** From start to exit. */
  readonly ms: number;
  /** Set where the tool itself states the causes, as CODE:TARGET. */
  readonly causes?: readonly string[];
  /** Set where the tool itself states how long it took, its start aside. */
  readonly ownMs?: number;
}

export interface Tool {
  readonly name: string;
  /** Undefined: it has no way to ask about this. */
  ask(situation: Situation): Promise<Verdict | undefined>;
}

/** Runs a command on the mail server, with the fault's resolvers and environment. */
export const runThere = async (
  { lab, fault, family }: Situation,
  command: readonly string[],
): Promise<Answer> => {
  const resolvers = (fault.resolvers ?? usualResolvers)(family);
  const words = await lab.onMailServer(command, resolvers);
  return answerOf(words, { PATH: process.env['PATH'], ...fault.environment });
};

/** All of a tool's commands at once, as one answer: the text of those that failed. */
export const together = async (answers: readonly Promise<Answer>[]): Promise<Verdict> => {
  const all = await Promise.all(answers);
  const failed = all.filter(({ exitCode }) => exitCode !== 0);
  return {
    noticed: failed.length > 0,
    said: failed.map(({ stdout, stderr }) => `${stdout}\n${stderr}`).join('\n'),
    ms: Math.max(...all.map(({ elapsedMs }) => elapsedMs)),
  };
};

/** The proxy that the fault has certready told of: a URL, `none`, or `system` for the environment's. */
export const proxyIn = ({ fault, family }: Situation): string =>
  fault.options?.(family)[1] ?? 'none';

export const timeoutsIn = ({ fault }: Situation): { connect: number; request: number } =>
  timeoutsOf(fault);

export const crlUrls = ['http://crl.lab.test/root.crl', 'http://crl.lab.test/inter.crl'];
/** The CRL host answers OCSP too, so that what ails it ails that. */
export const ocspUrl = 'http://crl.lab.test/ocsp/root';
export const aiaUrl = ({ fault }: Situation): string =>
  fault.aiaUrl ?? 'http://secure.lab.test/inter.crt';
/** Hosts that the profile names beyond the usual ones. */
export const furtherHosts = ({ fault }: Situation): readonly string[] => fault.endpoints ?? [];
