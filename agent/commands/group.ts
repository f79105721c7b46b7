/** Commands that only lead to others. */

import type { Command } from 'commander';
import { didYouMean } from '../documents/suggest.ts';
import { AgentError } from '../errors.ts';

const names = (command: Command): string[] => command.commands.map((sub) => sub.name());

/** The error for a word that is no subcommand, or for none where one is needed. */
export const unknownSubcommand = (command: Command): AgentError => {
  const [word] = command.args;
  const allowed = names(command);
  const path = command.parent ? `${command.name()}: ` : '';
  return new AgentError(
    'usage',
    word === undefined
      ? `${path}missing command, allowed: ${allowed.join(', ')}`
      : `${path}unknown command "${word}", allowed: ${allowed.join(', ')}${didYouMean(word, allowed)}`,
  );
};

/** Makes a command answer a missing or unknown subcommand. */
export const group = (command: Command): Command =>
  command.allowExcessArguments().action(() => {
    throw unknownSubcommand(command);
  });
