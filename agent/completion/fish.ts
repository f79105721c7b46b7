/** Completion for fish. */

import { type CommandLine, type OptionLine, type Value, withDescendants } from './command-line.ts';

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

const flagOf = (flag: string): string =>
  flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`;

const valueOf = ({ words, isFile }: Value): string =>
  `-r${isFile ? ' -F' : ''}${words.length > 0 ? ` -a ${quote(words.join(' '))}` : ''}`;

const commandLines = (command: CommandLine): readonly string[] => {
  const [name = '', ...place] = command.path;
  const start = `complete -c ${name} -n ${quote(`__${name}_at ${place.join(' ')}`.trimEnd())}`;
  const option = ({ flags, description, value }: OptionLine): string =>
    [
      start,
      ...flags.map(flagOf),
      ...(value ? [valueOf(value)] : []),
      '-d',
      quote(description),
    ].join(' ');
  return [
    ...command.commands.map(
      ({ path, description }) => `${start} -a ${quote(path.at(-1) ?? '')} -d ${quote(description)}`,
    ),
    ...command.arguments.map(
      ({ words, isFile }) =>
        `${start}${isFile ? ' -F' : ''}${words.length > 0 ? ` -a ${quote(words.join(' '))}` : ''}`,
    ),
    ...command.options.map(option),
  ];
};

const quoted = (texts: readonly string[]): string => texts.map(quote).join(' ');

export const fishCompletion = (program: CommandLine): string => {
  const [name = ''] = program.path;
  const commands = withDescendants(program);
  const places = commands.slice(1).map(({ path }) => path.slice(1).join(' '));
  const valued = commands.flatMap(({ path, options }) =>
    options
      .filter(({ value }) => value !== undefined)
      .flatMap(({ flags }) => flags.map((flag) => [...path.slice(1), flag].join(' '))),
  );
  return `# fish completion for ${name}

# Whether the words so far lead to this command, and to none below it
function __${name}_at
    set -l at
    set -l is_value 0
    for word in (commandline -opc)[2..]
        set -l place (string join ' ' -- $at $word)
        if test $is_value = 1
            set is_value 0
        else if contains -- $place ${quoted(valued)}
            set is_value 1
        else if contains -- $place ${quoted(places)}
            set -a at $word
        end
    end
    test "$at" = "$argv"
end

complete -c ${name} -f
${commands.flatMap(commandLines).join('\n')}
`;
};
