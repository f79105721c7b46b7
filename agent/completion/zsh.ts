/** Completion for zsh, by its own _arguments. */

import { type CommandLine, type OptionLine, type Value, withDescendants } from './command-line.ts';

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** In a specification of _arguments, colons and brackets separate. */
const plain = (text: string): string => text.replace(/[\\[\]:]/g, '\\$&');

/** A function of the script: words, and files as well. */
const orFile = '_certready_or_file';

const action = ({ words, isFile }: Value): string => {
  if (isFile) return words.length > 0 ? ` ${orFile} ${words.join(' ')}` : '_files';
  return words.length > 0 ? `(${words.join(' ')})` : ' ';
};

const valueSpec = (value: Value): string => `:${plain(value.name)}:${action(value)}`;

const optionSpecs = ({ flags, description, value }: OptionLine): readonly string[] =>
  flags.map((flag) => {
    const repeatable = description.includes('repeatable') ? '*' : '';
    const others = repeatable === '' && flags.length > 1 ? `(${flags.join(' ')})` : '';
    return quote(
      `${others}${repeatable}${flag}[${plain(description)}]${value ? valueSpec(value) : ''}`,
    );
  });

const functionName = ({ path }: CommandLine): string => `_${path.join('_')}`;

const leaf = (command: CommandLine): readonly string[] =>
  command.arguments.map((argument) =>
    quote(`${argument.isRepeatable ? '*' : ''}${valueSpec(argument)}`),
  );

const group = (command: CommandLine): string => `
  case $state in
    command)
      local -a commands=(
${command.commands
  .map(({ path, description }) => `        ${quote(`${path.at(-1) ?? ''}:${plain(description)}`)}`)
  .join('\n')}
      )
      _describe command commands
      ;;
    rest)
      case $words[1] in
${command.commands.map((child) => `        ${path(child)}) ${functionName(child)} ;;`).join('\n')}
      esac
      ;;
  esac`;

const path = ({ path: names }: CommandLine): string => names.at(-1) ?? '';

const completionFunction = (command: CommandLine): string => {
  const isGroup = command.commands.length > 0;
  const specs = [
    ...command.options.flatMap(optionSpecs),
    ...(isGroup ? [quote('1: :->command'), quote('*:: :->rest')] : leaf(command)),
  ];
  return `${functionName(command)}() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C -s \\
${specs.map((spec) => `    ${spec}`).join(' \\\n')}${isGroup ? group(command) : ''}
}
`;
};

export const zshCompletion = (program: CommandLine): string => {
  const [name = ''] = program.path;
  return `#compdef ${name}

${orFile}() {
  compadd -- "$@"
  _files
}

${withDescendants(program).map(completionFunction).join('\n')}
# Read by hand, or found by compinit
if [ "$funcstack[1]" = "_${name}" ]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
};
