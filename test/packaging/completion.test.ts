/** Completion, asked of the shells themselves. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it, suite } from 'node:test';
import { promisify } from 'node:util';
import { runProgram } from '../helpers/program.ts';
import { lacking } from '../helpers/programs.ts';

const run = promisify(execFile);

const without = {
  bash: await lacking('bash'),
  fish: await lacking('fish'),
  zsh: await lacking('zsh'),
};

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certready-completion-'));
  await writeFile(join(folder, 'profile-of-ours.yaml'), '');
  for (const shell of ['bash', 'zsh', 'fish'])
    await writeFile(
      join(folder, `completion.${shell}`),
      (await runProgram(['completion', shell])).stdout,
    );
});
after(() => rm(folder, { recursive: true, force: true }));

/** A beginning of a line; what is offered for its last word, among others; what is not. */
interface Case {
  readonly line: string;
  readonly offered: readonly string[];
  readonly not?: readonly string[];
}

const cases: readonly Case[] = [
  { line: '', offered: ['profile', 'explain', 'config', 'service', 'licenses'], not: ['list'] },
  { line: 'pro', offered: ['profile'], not: ['explain'] },
  { line: 'profile ', offered: ['list', 'show', 'check', 'derive'], not: ['profile', 'explain'] },
  { line: 'profile show exchange-online-g', offered: ['exchange-online-globalsign-r1'] },
  { line: 'profile show profile-of', offered: ['profile-of-ours.yaml'] },
  { line: 'profile check pro', offered: ['profile-of-ours.yaml'] },
  { line: '--once --form', offered: ['--format'], not: ['--profile'] },
  { line: '--once --format ', offered: ['text', 'json', 'nagios'], not: ['profile'] },
  { line: '--once -f pro', offered: ['prometheus'], not: ['profile'] },
  { line: '--once --check tr', offered: ['trust-store'] },
  { line: '--profile profile --log-level ', offered: ['debug'] },
  { line: '--once --config profile-', offered: ['profile-of-ours.yaml'] },
  { line: 'explain connect-t', offered: ['connect-timeout'], not: ['connect-refused'] },
  { line: 'completion ', offered: ['bash', 'zsh', 'fish'] },
  { line: 'service install --dry', offered: ['--dry-run'] },
];

const check = (printed: string, { offered, not = [] }: Case): void => {
  // A word a line; what describes it stands behind it
  const words = printed.split('\n').map((line) => line.split(/[\t ]/)[0]?.trim());
  for (const word of offered) assert.ok(words.includes(word), `${word}: ${printed}`);
  for (const word of not) assert.ok(!words.includes(word), `${word}: ${printed}`);
};

const bashScript = `
source ./completion.bash
line=$1
read -ra COMP_WORDS <<<"certready $line"
[[ -z $line || $line == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_certready
printf '%s\\n' "\${COMPREPLY[@]}"
`;

suite('bash', { skip: without.bash }, () => {
  for (const one of cases)
    it(`certready ${one.line}`, async () => {
      const { stdout } = await run('bash', ['-c', bashScript, 'bash', one.line], { cwd: folder });
      check(stdout, one);
    });

  it('takes --format=js as bash takes it apart', async () => {
    const script =
      'source ./completion.bash; COMP_WORDS=(certready --once --format = js); COMP_CWORD=4; _certready; echo "${COMPREPLY[@]}"';
    const { stdout } = await run('bash', ['-c', script], { cwd: folder });
    assert.equal(stdout, 'json\n');
  });
});

suite('fish', { skip: without.fish }, () => {
  for (const one of cases)
    it(`certready ${one.line}`, async () => {
      const script = 'source ./completion.fish; complete -C "certready $argv[1]"';
      const { stdout } = await run('fish', ['--no-config', '-c', script, '--', one.line], {
        cwd: folder,
        env: { PATH: process.env['PATH'], HOME: folder },
      });
      check(stdout, one);
    });
});

/** zsh completes only at a terminal: one of its own, in which the keys are pressed. */
const zshScript = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= RPS1=; stty -echo; autoload -Uz compinit; compinit -u -D; source ./completion.zsh"
zpty -w shell "zstyle ':completion:*' list-grouped false; zstyle ':completion:*' format ''; LISTMAX=0 LINES=200 COLUMNS=200"
# Printed instead of inserted. What is waited for is not what was typed, which the terminal may echo
zpty -w shell 'compadd() { local -a all; builtin compadd -O all "$@"; print -rl -- "OFFER "$\{^all}; }; print REA""DY; bindkey "^I" complete-word'
zpty -r -m shell seen '*READY*'
zpty -w -n shell "certready $1"$'\\t'
zpty -w shell $'\\x15print DO""NE'
zpty -r -m shell seen '*DONE*'
print -r -- "$seen" | tr -d '\\r' | sed -n 's/.*OFFER //p'
`;

/** What zsh offers. On a busy machine its terminal may end before it has begun, and nothing at all is offered. */
const offeredByZsh = async (line: string): Promise<string> => {
  for (let tries = 0; tries < 12; tries++) {
    const { stdout } = await run('zsh', ['-f', '-c', zshScript, 'zsh', line], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, TERM: 'xterm' },
    });
    if (stdout !== '') return stdout;
  }
  return '';
};

suite('zsh', { skip: without.zsh, concurrency: 4 }, () => {
  for (const one of cases)
    it(`certready ${one.line}`, async () => check(await offeredByZsh(one.line), one));
});
