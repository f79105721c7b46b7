/**
 * Who notices a fault of the path, and who names its cause? The firewall lab's faults, each made once, are
 * shown to certready and to the tools that administrators have. Prints markdown. Needs what the lab needs, and
 * Debian's curl, monitoring-plugins-contrib, bind9-host and prometheus-blackbox-exporter.
 *
 *     npm run bench:diagnosis
 *     npm run bench:diagnosis -- --keep results.json packets    one layer; what is in the file is not asked again
 */

import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gapsOf } from '../../test/lab/faults/fault.ts';
import { faults, faultsByLayer } from '../../test/lab/faults/index.ts';
import { type FirewallLab, labLacks, openLab, timeoutsOf } from '../../test/lab/lab.ts';
import type { Fault } from '../../test/lab/faults/fault.ts';
import { blackboxTool } from './blackbox.ts';
import { certready } from './certready.ts';
import { checkSslCertTool } from './check-ssl-cert.ts';
import { curlTool } from './curl.ts';
import { opensslTool } from './openssl.ts';
import { type Result, meetsGoal, report, scoreOf } from './score.ts';
import type { Situation, Tool, Verdict } from './tool.ts';

const tools: readonly Tool[] = [certready, curlTool, opensslTool, checkSslCertTool, blackboxTool];

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** certready alone, for its time; then the others at once. */
const askAll = async (situation: Situation): Promise<readonly (Verdict | undefined)[]> => {
  const [first, ...others] = tools;
  const verdict = await first?.ask(situation);
  return [verdict, ...(await Promise.all(others.map((tool) => tool.ask(situation))))];
};

const measure = async (lab: FirewallLab, fault: Fault, layer: string): Promise<Result> => {
  const family = fault.families?.[0] ?? 'both';
  const expected = gapsOf(fault, family);
  const verdicts = await lab.during(fault, () => askAll({ lab, fault, family }));
  const scored = tools.map(({ name }, index) => {
    const verdict = verdicts[index];
    const score = scoreOf(verdict, expected);
    if (process.env['DIAGNOSIS_SAID'] !== undefined)
      say(`--- ${fault.name}: ${name} ${score}\n${verdict?.said.trim() ?? ''}`);
    return [name, { score, ...(verdict && { ms: verdict.ms }) }] as const;
  });
  say(`${fault.name}: ${scored.map(([name, { score }]) => `${name} ${score}`).join(', ')}`);
  const ownMs = verdicts[0]?.ownMs ?? 0;
  const isLate = expected.length > 0 && ownMs > (timeoutsOf(fault).request + 1) * 1000;
  if (isLate) say(`  certready took ${ownMs} ms`);
  return { layer, fault: fault.name, expected, tools: Object.fromEntries(scored), isLate };
};

/** An OCSP request as a file, for tools that send what they are given. */
const makeRequest = ({ folder }: FirewallLab): Promise<unknown> =>
  promisify(execFile)(
    'openssl',
    ['ocsp', '-issuer', 'root.crt', '-cert', 'inter.crt', '-no_nonce', '-reqout', 'request.der'],
    { cwd: folder },
  );

/** What is measured already, in a file. */
interface Kept {
  readonly results: readonly Result[];
  add(result: Result): Promise<void>;
}

const keptIn = async (file: string | undefined): Promise<Kept> => {
  const text = file === undefined ? '[]' : await readFile(file, 'utf8').catch(() => '[]');
  const results = JSON.parse(text) as Result[];
  return {
    results,
    async add(result) {
      results.push(result);
      if (file !== undefined) await writeFile(file, JSON.stringify(results));
    },
  };
};

const measureAll = async (layers: readonly string[], kept: Kept): Promise<void> => {
  const known = new Set(kept.results.map(({ fault }) => fault));
  const wanted = layers.flatMap((layer) =>
    (faultsByLayer[layer] ?? [])
      .filter(({ name }) => !known.has(name))
      .map((fault) => ({ layer, fault })),
  );
  if (wanted.length === 0) return;
  const lab = await openLab();
  try {
    await makeRequest(lab);
    for (const { layer, fault } of wanted) await kept.add(await measure(lab, fault, layer));
  } finally {
    await lab.down();
  }
};

const main = async (args: readonly string[]): Promise<void> => {
  const missing = await labLacks();
  if (missing !== false) throw new Error(`the lab cannot be opened here: ${missing}`);
  const file = args[0] === '--keep' ? args[1] : undefined;
  const named = file === undefined ? args : args.slice(2);
  const all = Object.keys(faultsByLayer);
  const unknown = named.find((layer) => !all.includes(layer));
  if (unknown !== undefined) throw new Error(`no layer "${unknown}", allowed: ${all.join(', ')}`);
  const kept = await keptIn(file);
  await measureAll(named.length > 0 ? named : all, kept);
  const order = faults.map(({ name }) => name);
  const results = [...kept.results].sort(
    (one, other) => order.indexOf(one.fault) - order.indexOf(other.fault),
  );
  if (!results.every(meetsGoal)) process.exitCode = 1;
  process.stdout.write(
    report(
      results,
      tools.map(({ name }) => name),
    ),
  );
};

await main(process.argv.slice(2));
