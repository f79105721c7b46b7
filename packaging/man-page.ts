/** The manual page, from the definitions of commands and options. */

import {
  type CommandLine,
  type OptionLine,
  withDescendants,
} from '../agent/completion/command-line.ts';
import { wrap } from '../agent/report/wrap.ts';

/** A line of text for roff: backslashes and hyphens are themselves, a point at its start is no request. */
const text = (line: string): string =>
  line.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^[.']/, '\\&$&');

const bold = (word: string): string => `\\fB${text(word)}\\fR`;
const italic = (word: string): string => `\\fI${text(word)}\\fR`;

/** Sentences, each on a line of its own as roff wants it. */
const paragraph = (words: string): string =>
  words
    .split(/(?<=[.?!]) |\n/)
    .flatMap((line) => wrap(line, { columns: 68 }))
    .map(text)
    .join('\n');

const sentence = (words: string): string => {
  const first = words.charAt(0).toUpperCase() + words.slice(1);
  return paragraph(/[.?!]$/.test(first) ? first : `${first}.`);
};

const option = ({ flags, description, value }: OptionLine): string => {
  const names = flags.map(bold).join(', ');
  const words = value && value.words.length > 0 ? ` (${value.words.join(', ')})` : '';
  return `.TP\n${names}${value ? ` ${italic(value.name)}` : ''}\n${sentence(description + words)}`;
};

const usage = (command: CommandLine): string => {
  const given = command.arguments.map(({ name, isRequired, isRepeatable }) => {
    const word = `${italic(name)}${isRepeatable ? '...' : ''}`;
    return isRequired ? word : `[${word}]`;
  });
  const options = command.options.length > 1 ? [`[${italic('options')}]`] : [];
  return [bold(command.path.join(' ')), ...options, ...given].join(' ');
};

/** Every command has this option; it is said once. */
const ownOptions = ({ options }: CommandLine): readonly OptionLine[] =>
  options.filter(({ flags }) => !flags.includes('--help'));

const examplesOf = ({ epilogue }: CommandLine): readonly string[] =>
  [...epilogue.matchAll(/^ +\$ (.+)$/gm)].map(([, line = '']) => line);

const isGroup = ({ commands }: CommandLine): boolean => commands.length > 0;

const notes = ({ epilogue }: CommandLine): string =>
  epilogue.replace(/\n*Examples?:[^]*$/, '').trim();

const commandSection = (command: CommandLine): string =>
  [`.SS ${usage(command)}`, sentence(command.description), ...ownOptions(command).map(option)].join(
    '\n',
  );

const files = [
  ['/etc/certready/config.yaml', 'the configuration; none is needed'],
  ['/var/lib/certready', 'what the agent remembers: open gaps and alerts not yet delivered'],
] as const;

const environment = [
  ['CERTREADY_CONFIG', 'the configuration file, where no option names one'],
  ['http_proxy, https_proxy, no_proxy', 'the way out, where the configuration says "system"'],
  ['NO_COLOR, FORCE_COLOR', 'no colours, or colours although it is no terminal'],
] as const;

const definitions = (rows: readonly (readonly [string, string])[]): string =>
  rows.map(([term, meaning]) => `.TP\n${italic(term)}\n${sentence(meaning)}`).join('\n');

const what =
  "It fetches and verifies the certificate authority's CRLs, OCSP responses and certificates, and looks for its root in the trust stores that the mail depends on. Then it says which firewall or root-store gaps there are, whose they are and how to close them. Without a command and without --once it is the agent, which asks again and again and sends alerts.";

const otherStatuses =
  'Commands: 0 done, 3 usage or configuration error, and what stands with the command.';

export interface Edition {
  readonly version: string;
  readonly date: Date;
}

export const manPage = (program: CommandLine, { version, date }: Edition): string => {
  const [name = ''] = program.path;
  const day = date.toISOString().slice(0, 10);
  const all = withDescendants(program);
  const commands = all.slice(1).filter((command) => !isGroup(command));
  return `.TH ${name.toUpperCase()} 1 ${day} "${name} ${version}" "User Commands"
.SH NAME
${name} \\- tell whether a certificate\\-authority change will stop the mail
.SH SYNOPSIS
.B ${name} \\-\\-once
.RI [ options ]
.br
.B ${name}
.I command
.RI [ options ]
.SH DESCRIPTION
${paragraph(program.description)}
.PP
${paragraph(what)}
.SH OPTIONS
${program.options.map(option).join('\n')}
.SH COMMANDS
Every command has \\fB\\-\\-help\\fR.
${commands.map(commandSection).join('\n')}
.SH EXIT STATUS
${paragraph(notes(program))}
.PP
${paragraph(otherStatuses)}
.SH ENVIRONMENT
${definitions(environment)}
.SH FILES
${definitions(files)}
.SH EXAMPLES
.nf
${[program, ...commands].flatMap(examplesOf).map(text).join('\n')}
.fi
`;
};
