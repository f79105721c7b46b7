/** Kills an agent's alerting again and again, and judges what its receiver got in the end. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { webhooks } from './alerting-lab.ts';
import { type Behaviour, type ReceiverServer, ok, startReceiver } from './receiver-server.ts';

const here = dirname(fileURLToPath(import.meta.url));

export interface KillCounts {
  readonly kills: number;
  /** Kills that came after the agent had opened its state. */
  readonly atWork: number;
  /** Events of gaps that were in the outbox before a kill, or the end. */
  readonly events: number;
  readonly requests: number;
  /** Different ids among the requests. */
  readonly ids: number;
  /** Events that others stand for. */
  readonly merged: number;
}

/** One bundle, so that the agent is at work within moments. */
const bundle = async (folder: string): Promise<string> => {
  const outfile = join(folder, 'child.mjs');
  await build({
    entryPoints: [join(here, 'kill-child.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    define: { CERTREADY_VERSION: '"0.1.0"' },
    external: ['esbuild'],
    banner: {
      js: "import{createRequire as shim}from'node:module';const require=shim(import.meta.url);",
    },
    logLevel: 'error',
  });
  return outfile;
};

interface Kill {
  readonly afterMs: number;
  /** Counted from when it has opened its state: how soon that is depends on the machine. */
  readonly atWork: boolean;
}

/** Runs the agent until it ends, or is killed. @returns what it said */
const run = (args: readonly string[], kill?: Kill): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    let timer: NodeJS.Timeout | undefined;
    const count = ({ afterMs }: Kill): void => {
      timer ??= setTimeout(() => child.kill('SIGKILL'), afterMs);
    };
    if (kill && !kill.atWork) count(kill);
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (kill && said.includes('ready\n')) count(kill);
    });
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      if (status === 0 || signal === 'SIGKILL') resolve(said);
      else reject(new Error(`the agent ended with ${status ?? signal ?? ''}: ${said}`));
    });
  });

interface Told {
  readonly type: string;
  readonly subject: string;
  readonly at: string;
}

const toldIn = (said: string): readonly Told[] =>
  [...said.matchAll(/^told (\S+) (\S+) (\S+)$/gm)].map(([, type = '', subject = '', at = '']) => ({
    type,
    subject,
    at,
  }));

interface Arrived extends Told {
  readonly id: string;
  readonly merged?: { readonly events: number; readonly since: string };
}

/** Each id once, in the order in which they first came; one id must always have the same content. */
const arrivals = (server: ReceiverServer, accepted: ReadonlySet<string>): readonly Arrived[] => {
  const byId = new Map<string, { body: string; arrived: Arrived }>();
  for (const { id, type, subject, body } of webhooks(server)) {
    const known = byId.get(id);
    if (known) assert.equal(body, known.body, `${id} has two contents`);
    if (known || !accepted.has(id)) continue;
    const { timestamp, data } = JSON.parse(body) as {
      timestamp: string;
      data: { merged?: Arrived['merged'] };
    };
    const merged = data.merged && { merged: data.merged };
    byId.set(id, { body, arrived: { id, type, subject, at: timestamp, ...merged } });
  }
  return [...byId.values()].map(({ arrived }) => arrived);
};

const judge = (told: readonly Told[], arrived: readonly Arrived[]): void => {
  const key = ({ type, subject, at }: Told): string => `${type} ${subject} ${at}`;
  const keys = arrived.map(key);
  assert.equal(new Set(keys).size, keys.length, 'no event under two ids');
  const bySubject = new Map<string, Arrived[]>();
  for (const one of arrived)
    bySubject.set(one.subject, [...(bySubject.get(one.subject) ?? []), one]);
  for (const event of told) {
    const found = (bySubject.get(event.subject) ?? []).some(
      ({ at, merged }) => at === event.at || (merged && merged.since <= event.at && event.at <= at),
    );
    assert.ok(found, `lost: ${key(event)}`);
  }
  for (const [subject, events] of bySubject) {
    let isOpen = false;
    for (const { type, at } of events) {
      assert.equal(isOpen, type !== 'gap.opened', `${subject}: ${type} at ${at}`);
      isOpen = type !== 'gap.resolved';
    }
    assert.ok(!isOpen, `${subject} stays open`);
  }
};

/** A receiver that fails now and then, and remembers what it has taken. */
const unsteady = (server: ReceiverServer): { accepted: Set<string>; steady: () => void } => {
  const accepted = new Set<string>();
  let isSteady = false;
  server.behave = ({ headers }): Behaviour => {
    const mood = Math.random();
    if (!isSteady && mood < 0.1) return { status: 503 };
    if (!isSteady && mood < 0.15) return 'reset';
    accepted.add(String(headers['webhook-id']));
    // Taken, and the answer is lost.
    return !isSteady && mood < 0.2 ? 'close' : ok;
  };
  return {
    accepted,
    steady: () => {
      isSteady = true;
    },
  };
};

export const killAgain = async (kills: number): Promise<KillCounts> => {
  const folder = await mkdtemp(join(tmpdir(), 'certready-kill-'));
  const server = await startReceiver();
  try {
    const child = await bundle(folder);
    const stateDir = join(folder, 'state');
    const { accepted, steady } = unsteady(server);
    const args = [child, stateDir, `http://127.0.0.1:${server.port}/`, String(Date.now())];
    const said: string[] = [];
    for (let count = 0; count < kills; count++)
      said.push(
        await run([...args, 'run'], { afterMs: Math.random() * 400, atWork: count % 4 !== 0 }),
      );
    steady();
    said.push(await run([...args, 'drain']));
    assert.match(said.at(-1) ?? '', /^drained$/m);
    assert.doesNotMatch(said.join(''), /^torn/m, 'no state was ever torn');
    assert.deepEqual(
      (await readdir(stateDir)).filter((name) => name !== 'state.json.new'),
      ['state.json'],
    );
    const told = said.flatMap(toldIn);
    const arrived = arrivals(server, accepted);
    judge(told, arrived);
    return {
      kills,
      atWork: said.slice(0, -1).filter((text) => text.includes('ready')).length,
      events: told.length,
      requests: server.received.length,
      ids: arrived.length,
      merged: arrived.reduce((sum, { merged }) => sum + (merged?.events ?? 0), 0),
    };
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
};
