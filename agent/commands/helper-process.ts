/** What the agent starts to have something done for it; not for users. */

import type { Command } from 'commander';
import { useCompilers } from '../engine.ts';
import { AgentError } from '../errors.ts';
import { helperCommand } from '../helper/calls.ts';
import type { Invocation } from './surroundings.ts';

export const addHelperCommand = (program: Command, invocation: Invocation): void => {
  program.command(helperCommand, { hidden: true }).action(async () => {
    const { parent } = invocation;
    if (parent === undefined)
      throw new AgentError('usage', `${helperCommand}: only the agent starts this`);
    useCompilers();
    const { serveCalls } = await import('../helper/serve.ts');
    await serveCalls(parent, invocation);
  });
};
