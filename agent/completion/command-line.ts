/** What can be typed: commander's definitions as plain data, for completion and for the manual page. */

import type { Argument, Command, Option } from 'commander';
import { gapCodesByCategory } from '../../checks/types.ts';
import { builtInIds } from '../profiles/built-in.ts';

/** What may stand where a value is expected. */
export interface Value {
  /** Its name in the usage, e.g. `ID|FILE`. */
  readonly name: string;
  readonly words: readonly string[];
  readonly isFile: boolean;
}

export interface ArgumentLine extends Value {
  readonly description: string;
  readonly isRequired: boolean;
  readonly isRepeatable: boolean;
}

export interface OptionLine {
  /** E.g. `-c`, `--config`. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly value?: Value;
}

export interface CommandLine {
  /** Names from the program's own on, e.g. `['certready', 'profile', 'show']`. */
  readonly path: readonly string[];
  readonly description: string;
  readonly options: readonly OptionLine[];
  readonly arguments: readonly ArgumentLine[];
  readonly commands: readonly CommandLine[];
  /** What its help says after the options: exit statuses, an example. */
  readonly epilogue: string;
}

/** By the names of values; what is not here is anything: a host, seconds, a text. */
const wordsByName: Readonly<Record<string, readonly string[]>> = {
  'ID|FILE': builtInIds,
  'URL|system|none': ['system', 'none'],
  CODE: Object.values(gapCodesByCategory).flat(),
};
const fileNames: ReadonlySet<string> = new Set(['FILE', 'ID|FILE', 'PATH', 'PEM']);

const valueOf = (name: string, choices: readonly string[] | undefined): Value => ({
  name,
  words: choices ?? wordsByName[name] ?? [],
  isFile: fileNames.has(name),
});

const optionLine = ({ short, long, flags, description, argChoices }: Option): OptionLine => {
  const [, name] = /[<[](.*)[>\]]$/.exec(flags) ?? [];
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    ...(name !== undefined && { value: valueOf(name, argChoices) }),
  };
};

const argumentLine = (argument: Argument): ArgumentLine => ({
  ...valueOf(argument.name(), argument.argChoices),
  description: argument.description,
  isRequired: argument.required,
  isRepeatable: argument.variadic,
});

/** commander keeps it to itself until it prints the help. */
const epilogueOf = (command: Command): string => {
  let text = '';
  const output = command.configureOutput();
  command.configureOutput({ ...output, writeOut: (part) => (text += part) });
  command.outputHelp();
  command.configureOutput(output);
  return text.slice(command.helpInformation().length).trim();
};

/** The tree of commands below one, itself included. */
export const commandLine = (command: Command, parents: readonly string[] = []): CommandLine => {
  const path = [...parents, command.name()];
  const help = command.createHelp();
  return {
    path,
    description: command.description(),
    options: help.visibleOptions(command).map(optionLine),
    arguments: command.registeredArguments.map(argumentLine),
    commands: help
      .visibleCommands(command)
      .filter((child) => child.name() !== 'help')
      .map((child) => commandLine(child, path)),
    epilogue: epilogueOf(command),
  };
};

/** A command and all below it. */
export const withDescendants = (command: CommandLine): readonly CommandLine[] => [
  command,
  ...command.commands.flatMap(withDescendants),
];
