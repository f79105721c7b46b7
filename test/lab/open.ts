/**
 * Opens the lab for use by hand, and takes it down at the end however that comes.
 *
 *     npm run lab
 *     npm run lab -- 'make silent drop' ask quit
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { type Family, type Fault, families } from './faults/fault.ts';
import { faults, faultsByLayer } from './faults/index.ts';
import { type FirewallLab, labLacks, openLab, usualResolvers } from './lab.ts';
import type { HostName } from './namespaces.ts';

const help = `
  faults              list the faults
  make NAME           make one: its name, number, or a part that no other has
  heal                undo it
  ask [OPTION...]     certready --once on the mail server; options are added,
                      such as --format json, or -f html -o report.html
  family NAME         names resolve to both families, or to ipv4 or ipv6 alone
  mx|fw|inet COMMAND  run a command on the mail server, firewall, or internet
  help, quit          Ctrl-D and Ctrl-C quit too

For example: make silent drop, then ask, then mx curl -v http://crl.lab.test/
`;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

interface State {
  fault: Fault;
  family: Family;
}

const healthy: Fault = { name: 'healthy', gaps: [] };

/** Runs a command on this terminal; Ctrl-C is for it alone. */
const runHere = ([file = '', ...args]: readonly string[], environment = {}): Promise<void> =>
  new Promise((resolve) => {
    const ignore = (): void => undefined;
    process.on('SIGINT', ignore);
    const env = { ...process.env, ...environment };
    const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
    child.once('error', (error) => say(error.message));
    child.once('close', (code) => {
      process.off('SIGINT', ignore);
      if (code !== 0) say(`(exit ${String(code)})`);
      resolve();
    });
  });

const findFault = (text: string): Fault | string => {
  const wanted = text.toLowerCase();
  const exact =
    faults.find(({ name }) => name.toLowerCase() === wanted) ?? faults[Number(text) - 1];
  if (exact) return exact;
  const some = faults.filter(({ name }) => name.toLowerCase().includes(wanted));
  const [only] = some;
  if (only && some.length === 1) return only;
  return some.length === 0
    ? `no fault is called "${text}"; faults lists them`
    : `which one?\n${some.map(({ name }) => `  ${name}`).join('\n')}`;
};

const listFaults = (): void => {
  let number = 0;
  for (const [layer, some] of Object.entries(faultsByLayer)) {
    say(`\n${layer}`);
    for (const { name } of some) say(`${String((number += 1)).padStart(5)}  ${name}`);
  }
};

const make = async (lab: FirewallLab, state: State, text: string): Promise<void> => {
  const found = findFault(text);
  if (typeof found === 'string') {
    say(found);
    return;
  }
  await lab.net.reset();
  await found.make?.(lab.net);
  state.fault = found;
  if (found.families && !found.families.includes(state.family))
    state.family = found.families[0] ?? 'both';
  say(`made: ${found.name}, met by ${state.family}. Now: ask`);
};

const ask = async (lab: FirewallLab, state: State, options: string[]): Promise<void> => {
  const words = await lab.certready(state.fault, state.family, 'text');
  await runHere([...words, ...options], state.fault.environment);
};

const onHost = async (
  lab: FirewallLab,
  { fault, family }: State,
  [host, ...command]: string[],
): Promise<void> => {
  if (command.length === 0)
    say(`${host ?? ''} COMMAND, for example: mx curl -v http://crl.lab.test/`);
  else if (host === 'mx')
    await runHere(await lab.onMailServer(command, (fault.resolvers ?? usualResolvers)(family)));
  else await runHere(lab.net.on(host as HostName, ...command));
};

/** Does what a line says. False: it says that all is over. */
const obey = async (lab: FirewallLab, state: State, line: string): Promise<boolean> => {
  const words = line.trim().split(/\s+/);
  const [verb = '', ...rest] = words;
  switch (verb) {
    case '':
      break;
    case 'quit':
    case 'exit':
      return false;
    case 'faults':
      listFaults();
      break;
    case 'make':
      await make(lab, state, rest.join(' '));
      break;
    case 'heal':
      await lab.net.reset();
      state.fault = healthy;
      say('healed');
      break;
    case 'ask':
      await ask(lab, state, rest);
      break;
    case 'family':
      state.family = families.find((family) => family === rest[0]) ?? state.family;
      say(`names resolve to ${state.family === 'both' ? 'both families' : state.family}`);
      break;
    case 'mx':
    case 'fw':
    case 'inet':
      await onHost(lab, state, words);
      break;
    default:
      say(help);
  }
  return true;
};

/** Lines from the command line first; then from the terminal, or from what is piped in. */
async function* lines(given: readonly string[], stop: AbortSignal): AsyncGenerator<string> {
  yield* given;
  if (!process.stdin.isTTY) {
    if (given.length === 0) yield* createInterface({ input: process.stdin, signal: stop });
    return;
  }
  let history: string[] = [];
  // What was typed or pasted while a command ran may be several lines
  const typed: string[] = [];
  for (;;) {
    const next = typed.shift();
    if (next !== undefined) {
      yield next;
      continue;
    }
    // A new one each time, so that commands have the terminal for themselves
    const terminal = createInterface({ input: process.stdin, output: process.stdout, history });
    terminal.on('history', (known: string[]) => (history = known));
    terminal.on('line', (line) => typed.push(line));
    const ended = new AbortController();
    terminal.once('SIGINT', () => ended.abort()).once('close', () => ended.abort());
    const signal = AbortSignal.any([stop, ended.signal]);
    terminal.setPrompt('lab> ');
    terminal.prompt();
    const hasLine = await once(terminal, 'line', { signal }).then(
      () => true,
      () => false,
    );
    terminal.close();
    if (!hasLine) return;
  }
}

const main = async (given: readonly string[]): Promise<void> => {
  const missing = await labLacks();
  if (missing !== false) {
    say(`The lab cannot be opened here: ${missing}.`);
    process.exitCode = 1;
    return;
  }
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const)
    process.on(signal, () => stop.abort());
  const started = performance.now();
  const lab = await openLab();
  try {
    say(`The lab is open after ${((performance.now() - started) / 1000).toFixed(1)} s.\n${help}`);
    const state: State = { fault: healthy, family: 'both' };
    for await (const line of lines(given, stop.signal))
      if (stop.signal.aborted || !(await obey(lab, state, line))) break;
  } finally {
    await lab.down();
    say('The lab is gone.');
  }
};

await main(process.argv.slice(2));
