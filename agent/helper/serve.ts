/** The helper process's side: takes calls until the agent lets go of it, or is gone. */

import type { Surroundings } from '../commands/surroundings.ts';
import {
  type AnswerMessage,
  type CallMessage,
  type CallName,
  type Calls,
  type Channel,
  faultOf,
} from './calls.ts';

type Context = Pick<Surroundings, 'env' | 'platform' | 'signal'>;

type Handlers = {
  readonly [Name in CallName]: (
    request: Calls[Name]['request'],
    context: Context,
  ) => Promise<Calls[Name]['response']>;
};

// Each loads what it needs when it is asked.
const handlers: Handlers = {
  load: async (request, context) => (await import('./load.ts')).load(request, context),
  due: async (request) => (await import('./due-times.ts')).dueTimes(request),
  run: async (request, context) => (await import('./run.ts')).run(request, context),
  async deliver({ wayOut, request }, { env, platform, signal }) {
    const { openWayOut } = await import('../alerts/way-out.ts');
    const clock = { now: () => new Date(), elapsed: () => performance.now() };
    const deliver = await openWayOut({ ...wayOut, env, platform, clock });
    return deliver(request, signal);
  },
  async 'check-state'(data) {
    const { savedFraming } = await import('../alerts/saved.ts');
    await savedFraming.parse(data);
    return null;
  },
};

/** Resolves when the other side has let go. */
export const serveCalls = (channel: Channel, context: Context): Promise<void> =>
  new Promise((resolve) => {
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, context.signal]);
    const answer = async ({ id, name, request }: CallMessage): Promise<AnswerMessage> => {
      try {
        const handle = handlers[name] as (request: unknown, context: Context) => Promise<unknown>;
        return { id, response: await handle(request, { ...context, signal }) };
      } catch (error) {
        return { id, fault: faultOf(error) };
      }
    };
    channel.onMessage((message) => {
      void answer(message as CallMessage).then((answered) => {
        if (!controller.signal.aborted) channel.send(answered);
      });
    });
    channel.onClose(() => {
      controller.abort(new Error('the agent is gone'));
      resolve();
    });
  });
