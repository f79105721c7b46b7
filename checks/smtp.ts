/** Does each mail host show, over STARTTLS, the certificate that was announced, and would this host accept it? */

import { hostPort } from './endpoint.ts';
import { type PeerQuestion, type Presented, judgePeer } from './peer-judgement.ts';
import { type PeerRoots, peerRoots } from './peer-roots.ts';
import type { Certificate } from './pki/certificate.ts';
import { buildPaths } from './pki/chain.ts';
import { parsed } from './recognise-authority.ts';
import type { Check, Profile, Run, TlsSession } from './types.ts';

interface Context {
  readonly run: Run;
  readonly roots: PeerRoots;
  readonly signal: AbortSignal;
}

/** The profile's authorities: those at hand, and those that must be fetched only where a path ends in the air. */
const authoritiesFor = async (
  sent: Presented['sent'],
  { profile }: PeerQuestion,
  context: Context,
): Promise<readonly Certificate[]> => {
  const { run, roots, signal } = context;
  const [leaf, ...intermediates] = sent;
  const expected = roots.expected.map(({ certificate }) => certificate);
  const anchors = [...expected, ...roots.trusted, ...roots.known];
  const at = run.options.at ?? run.host.now();
  const isWhole = buildPaths(leaf, { intermediates, anchors, at }).path.anchored;
  const wanted = profile.authorities.filter(({ root, der }) => !root && (der ?? !isWhole));
  const found = await Promise.all(wanted.map(({ id }) => run.authority(profile, id, signal)));
  return found.flatMap(({ der }) => (der && parsed(der)) ?? []);
};

const present = async (
  { certificates }: TlsSession,
  question: PeerQuestion,
  context: Context,
): Promise<Presented | undefined> => {
  const [first, ...rest] = certificates.map(parsed);
  if (!first) return undefined;
  const sent = [first, ...rest.filter((each) => each !== undefined)] as const;
  const authorities = await authoritiesFor(sent, question, context);
  return { sent, authorities, roots: context.roots };
};

/** What two profiles must share for their questions about one host to be one. */
const expectationOf = ({ peer, replaces, effective, authorities }: Profile): string =>
  JSON.stringify([
    peer,
    replaces,
    effective,
    authorities.map(({ sha256, name }) => sha256 ?? name),
  ]);

export const smtpCheck: Check = {
  kind: 'smtp',
  tasks: (profile, run) =>
    run.options.smtp.map((target) => ({
      kind: 'smtp',
      target: hostPort(target),
      question: expectationOf(profile),
      async observe(signal) {
        const { host } = run;
        const [result, roots] = await Promise.all([
          run.once(`starttls ${hostPort(target)}`, () => host.network.starttls(target, {}, signal)),
          peerRoots(profile, run, signal),
        ]);
        const { verifies } = roots;
        const { memory } = run.options;
        const offeredBefore = memory?.starttls(hostPort(target));
        if (result.tls) memory?.noteStarttls(hostPort(target));
        const started = host.elapsed();
        const question = { target, profile };
        const presented =
          result.tls && (await present(result.tls, question, { run, roots, signal }));
        const ms = Math.round(host.elapsed() - started);
        return {
          stages: [...result.stages, ...(presented ? [{ name: 'verify' as const, ms }] : [])],
          judge: (at) =>
            judgePeer(
              question,
              { result, verifies, offeredBefore, ...(presented && { presented }) },
              at,
            ),
        };
      },
    })),
};
