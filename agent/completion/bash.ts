/** Completion for bash (4 or later), without the functions of the bash-completion package. */

import { type CommandLine, type OptionLine, type Value, withDescendants } from './command-line.ts';

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A command as the script notes it: the names below the program's own. */
const place = ({ path }: CommandLine): string => path.slice(1).join(' ');

const offer = ({ words, isFile }: Value): string =>
  `offer ${isFile ? 'files' : 'words'} ${quote(words.join(' '))}`.trimEnd();

const valued = ({ options }: CommandLine): readonly (OptionLine & { value: Value })[] =>
  options.flatMap((option) => (option.value ? [{ ...option, value: option.value }] : []));

const steps = (command: CommandLine): readonly string[] => [
  ...command.commands.map((child) => {
    const name = child.path.at(-1) ?? '';
    return `      ${quote(`${place(command)}:${name}`)}) command=${quote(place(child))} ;;`;
  }),
  ...valued(command).map(
    ({ flags }) =>
      `      ${flags.map((flag) => quote(`${place(command)}:${flag}`)).join(' | ')}) ((i++)) ;;`,
  ),
];

const values = (command: CommandLine): readonly string[] =>
  valued(command).map(
    ({ flags, value }) =>
      `    ${flags.map((flag) => quote(`${place(command)}:${flag}`)).join(' | ')}) ${offer(value)}; return ;;`,
  );

const choices = (command: CommandLine): string => {
  const options = command.options.flatMap(({ flags }) => flags);
  const [argument] = command.arguments;
  const words = [
    ...command.commands.map(({ path }) => path.at(-1) ?? ''),
    ...(argument?.words ?? []),
  ];
  const kind = argument?.isFile === true ? 'files' : 'words';
  return `    ${quote(place(command))}) options=${quote(options.join(' '))} kind=${kind} words=${quote(words.join(' '))} ;;`;
};

export const bashCompletion = (program: CommandLine): string => {
  const [name = ''] = program.path;
  const commands = withDescendants(program);
  return `# bash completion for ${name}

_${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local command='' options='' words='' kind=words i
  # bash takes --option=value apart
  if [[ $cur == = ]]; then
    cur=''
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  offer() {
    mapfile -t COMPREPLY < <(compgen -W "$2" -- "$cur")
    if [[ $1 == files ]]; then
      compopt -o filenames 2>/dev/null
      mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
    fi
  }
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command:\${COMP_WORDS[i]}" in
${commands.flatMap(steps).join('\n')}
    esac
  done
  case "$command:$prev" in
${commands.flatMap(values).join('\n')}
  esac
  case "$command" in
${commands.map(choices).join('\n')}
  esac
  if [[ $cur == -* ]]; then offer words "$options"; else offer "$kind" "$words"; fi
}
complete -F _${name} ${name}
`;
};
