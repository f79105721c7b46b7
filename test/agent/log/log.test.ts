import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFile,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Config } from '../../../agent/config/config.ts';
import { logLevels } from '../../../agent/diagnostics.ts';
import { type AgentLog, createAgentLog } from '../../../agent/log/index.ts';
import { type Entry, lineOf } from '../../../agent/log/line.ts';

const day = 24 * 60 * 60_000;
const at = new Date('2026-11-27T20:00:00.000Z');

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certready-log-'));
});
after(() => rm(folder, { recursive: true, force: true }));

interface Lab {
  readonly log: AgentLog;
  /** What was written to standard error. */
  readonly stderr: string[];
  readonly clock: { now: number };
}

const startLog = async (config: Partial<Config['log']>, brokenStderr = false): Promise<Lab> => {
  const stderr: string[] = [];
  const clock = { now: at.getTime() };
  const write = (text: string): Promise<void> => {
    if (brokenStderr) return Promise.reject(new Error('closed'));
    stderr.push(text);
    return Promise.resolve();
  };
  const log = await createAgentLog(
    { level: 'info', format: 'json', ...config },
    { env: {}, platform: 'linux', stderr: { write }, now: () => new Date(clock.now) },
  );
  return { log, stderr, clock };
};

/** Waits for what a log does in the background. */
const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
};
const linesOf = async (path: string): Promise<string[]> =>
  (await readFile(path, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
const messagesOf = async (path: string): Promise<unknown[]> =>
  (await linesOf(path)).map((line) => (JSON.parse(line) as { message: unknown }).message);

describe('a line', () => {
  const entry: Entry = {
    level: 'warn',
    message: 'run ended',
    fields: { verdict: 'not-ready', gaps: 2, why: 'a "b" c', empty: '', absent: undefined },
    at,
  };
  const json = { time: at.toISOString(), level: 'warn', message: 'run ended' };
  const fields = { verdict: 'not-ready', gaps: 2, why: 'a "b" c', empty: '' };

  it('is JSON, time, level and message first', () => {
    const line = lineOf(entry, { format: 'json', toJournal: false });
    assert.equal(line, `${JSON.stringify({ ...json, ...fields })}\n`);
  });

  it('is text with names and values', () => {
    assert.equal(
      lineOf(entry, { format: 'text', toJournal: false }),
      '2026-11-27T20:00:00.000Z WARN  run ended verdict=not-ready gaps=2 why="a \\"b\\" c" empty=""\n',
    );
  });

  it('has its level, and no time, as the journal wants it', () => {
    const priorities = logLevels.map((level) =>
      lineOf({ ...entry, level }, { format: 'text', toJournal: true }).slice(0, 6),
    );
    assert.deepEqual(priorities, ['<3>run', '<4>run', '<6>run', '<7>run']);
    const line = lineOf(entry, { format: 'json', toJournal: true });
    assert.deepEqual(Object.keys(JSON.parse(line.slice(3)) as object).slice(0, 2), [
      'level',
      'message',
    ]);
  });

  it('stays one line, and steers nothing, whatever is in it', () => {
    const hostile = 'a\r\n2026-01-01 ERROR forged\u001b[2J\u202e\u2028\0';
    for (const format of ['json', 'text'] as const) {
      const line = lineOf(
        { level: 'info', message: hostile, fields: { target: hostile, level: 'forged' }, at },
        { format, toJournal: false },
      );
      assert.doesNotMatch(line.slice(0, -1), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      if (format === 'json') assert.equal((JSON.parse(line) as { level: string }).level, 'info');
    }
  });
});

it('a line shows no credentials of URLs', () => {
  const url = 'http://user:p@ssw0rd@proxy.example.org:3128/a?b=c@d';
  for (const format of ['json', 'text'] as const) {
    const entry: Entry = { level: 'info', message: `by ${url}, twice`, fields: { proxy: url }, at };
    const line = lineOf(entry, { format, toJournal: false });
    assert.doesNotMatch(line, /user|ssw0rd/);
    assert.equal(line.split('//…@proxy.example.org:3128/a').length, 3);
  }
});

describe('the log', () => {
  it('goes to standard error, from its level on', async () => {
    const { log, stderr } = await startLog({ level: 'warn' });
    for (const level of logLevels) log.log(level, `as ${level}`);
    await log.close();
    log.log('error', 'after the end');
    const said = stderr.join('').trimEnd().split('\n');
    assert.deepEqual(
      said.map((line) => (JSON.parse(line) as { message: string }).message),
      ['as error', 'as warn'],
    );
  });

  it('goes to its file instead, all of it by the end', async () => {
    const file = join(folder, 'new', 'folder', 'certready.log');
    const { log, stderr } = await startLog({ file });
    for (let number = 0; number < 500; number++) log.log('info', `line ${number}`);
    await log.close();
    assert.deepEqual(
      await messagesOf(file),
      Array.from({ length: 500 }, (_, number) => `line ${number}`),
    );
    assert.deepEqual([stderr, log.problem()], [[], undefined]);
  });

  it('takes another level, format and file while it runs', async () => {
    const [first, second] = [join(folder, 'first.log'), join(folder, 'second.log')];
    const { log } = await startLog({ file: first });
    log.log('debug', 'not said');
    log.log('info', 'before');
    await log.reconfigure({ level: 'debug', format: 'text', file: second });
    log.log('debug', 'after');
    await log.close();
    assert.deepEqual(await messagesOf(first), ['before']);
    assert.match((await linesOf(second)).join(), /^\S+Z DEBUG after$/);
  });
});

describe('a log file', () => {
  const isWritten = (file: string, message: string) => async (): Promise<boolean> =>
    (await messagesOf(file)).includes(message);

  it('is set aside when it gets too large; the oldest goes', async () => {
    const file = join(folder, 'large.log');
    const { log } = await startLog({ file, maxSize: '1KB', maxFiles: 3 });
    for (let number = 0; number < 40; number++) {
      log.log('info', `line ${number}`, { filler: 'x'.repeat(200) });
      await until(isWritten(file, `line ${number}`));
    }
    await log.close();
    const names = (await readdir(folder)).filter((name) => name.startsWith('large.log')).sort();
    assert.deepEqual(names, ['large.log', 'large.log.1', 'large.log.2', 'large.log.3']);
    const kept = [];
    for (const name of names.reverse()) kept.push(...(await messagesOf(join(folder, name))));
    const last = kept.length;
    assert.deepEqual(
      kept,
      Array.from({ length: last }, (_, index) => `line ${40 - last + index}`),
    );
  });

  it('is set aside when it gets too old, also by an agent that has been restarted', async () => {
    const file = join(folder, 'old.log');
    for (const [run, days] of [0, 1, 8, 9].entries()) {
      const { log, clock } = await startLog({ file, maxAge: '7d' });
      clock.now += days * day;
      log.log('info', `run ${run}`);
      await log.close();
    }
    assert.deepEqual(await messagesOf(`${file}.1`), ['run 0', 'run 1']);
    assert.deepEqual(await messagesOf(file), ['run 2', 'run 3']);
  });

  it('may be moved or deleted by others, with its folder', async () => {
    const file = join(folder, 'moved', 'certready.log');
    const { log } = await startLog({ file });
    log.log('info', 'one');
    await until(isWritten(file, 'one'));
    await rename(file, `${file}-moved`);
    log.log('info', 'two');
    await until(isWritten(file, 'two'));
    await rm(join(folder, 'moved'), { recursive: true });
    log.log('info', 'three');
    await log.close();
    assert.deepEqual(await messagesOf(file), ['three']);
    assert.equal(log.problem(), undefined);
  });

  it('that cannot be written is a problem; its lines go to standard error, and to it later', async () => {
    const inTheWay = join(folder, 'in-the-way');
    const file = join(inTheWay, 'certready.log');
    await writeFile(inTheWay, '');
    const { log, stderr } = await startLog({ file });
    log.log('info', 'one');
    await until(() => log.problem() !== undefined);
    log.log('info', 'two');
    await until(() => stderr.join('').includes('two'));
    assert.ok(stderr.join('').includes('one'));
    await rm(inTheWay);
    log.log('info', 'three');
    await until(isWritten(file, 'three'));
    await until(() => log.problem() === undefined);
    log.log('info', 'four');
    await log.close();
    assert.deepEqual(await messagesOf(file), ['one', 'two', 'three', 'four']);
    assert.ok(!stderr.join('').includes('four'));
  });

  it('is left when it ends although nothing can be written anywhere', async () => {
    for (const file of ['/dev/full', join(folder, 'nothing\0')]) {
      const { log } = await startLog({ file }, true);
      log.log('error', 'to nobody');
      await log.close();
      assert.notEqual(log.problem(), undefined);
    }
  });

  it('that is a pipe without a reader does not hold the agent', async () => {
    const file = join(folder, 'pipe');
    assert.equal(spawnSync('mkfifo', [file]).status, 0);
    const { log } = await startLog({ file });
    log.log('info', 'to nobody');
    await log.close();
    assert.notEqual(log.problem(), undefined);
  });

  it('says how many lines were lost while it could not be written', async () => {
    const inTheWay = join(folder, 'for-long');
    const file = join(inTheWay, 'certready.log');
    await writeFile(inTheWay, '');
    const { log } = await startLog({ file });
    for (let number = 0; number < 1200; number++) log.log('info', `line ${number}`);
    await until(() => log.problem() !== undefined);
    await rm(inTheWay);
    log.log('info', 'the last');
    await log.close();
    const messages = await messagesOf(file);
    assert.equal(messages.length, 1001);
    assert.match(String(messages[0]), /^201 lines/);
    assert.equal(messages.at(-1), 'the last');
  });

  const noRoot = process.getuid?.() === 0 ? false : 'needs root, to mount a small disk';
  it('on a full disk has no torn line, then or later', { skip: noRoot }, async (context) => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
    if (status !== 0) {
      context.skip('cannot mount a tmpfs here');
      return;
    }
    try {
      const file = join(disk, 'certready.log');
      const { log, stderr } = await startLog({ file });
      log.log('info', 'before');
      await until(isWritten(file, 'before'));
      await appendFile(join(disk, 'filler'), Buffer.alloc(1024 * 1024)).catch(() => undefined);
      for (let number = 0; number < 40; number++)
        log.log('info', `line ${number}`, { filler: 'x'.repeat(300) });
      await until(() => log.problem() !== undefined);
      assert.match(log.problem() ?? '', /no space left/);
      assert.deepEqual((await messagesOf(file))[0], 'before');
      await rm(join(disk, 'filler'));
      log.log('info', 'after');
      await log.close();
      assert.equal((await messagesOf(file)).length, 42);
      assert.ok(stderr.join('').includes('line 39'));
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});
