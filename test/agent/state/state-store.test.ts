/** The state file: read back as written, set aside when it is not ours, never the end of the program. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it, suite } from 'node:test';
import { type StateStore, openStateStore } from '../../../agent/state/state-store.ts';

interface Value {
  readonly text: string;
}

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certready-state-'));
});
after(() => rm(folder, { recursive: true, force: true }));

let count = 0;
const newPlace = (): string => join(folder, `place-${++count}`);

const now = new Date('2026-11-23T21:00:00.000Z');

const open = (place: string, version = 1): Promise<StateStore<Value>> =>
  openStateStore<Value>({
    folder: place,
    name: 'state.json',
    format: 'certready-test',
    version,
    empty: { text: 'empty' },
    platform: 'linux',
    now: () => now,
    parse(data) {
      const { text } = data as { text?: unknown };
      if (typeof text !== 'string') throw new Error('text is missing');
      return { text };
    },
  });

/** Opens, does, closes. */
const using = async <T>(
  place: string,
  use: (store: StateStore<Value>) => Promise<T>,
): Promise<T> => {
  const store = await open(place);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
};

const fileOf = (place: string): string => join(place, 'state.json');

suite('a state', () => {
  it('is empty at first, and read back as it was saved', async () => {
    const place = newPlace();
    await using(place, async (store) => {
      assert.deepEqual(store.initial, { text: 'empty' });
      await store.save({ text: 'kept: \ud800 ☃ \u0000' });
      assert.equal(store.problem(), undefined);
    });
    await using(place, (store) => {
      assert.deepEqual(store.initial, { text: 'kept: \ud800 ☃ \u0000' });
      assert.equal(store.setAside, undefined);
      return Promise.resolve();
    });
  });

  it('is for the eyes of its account alone', async () => {
    const place = newPlace();
    await using(place, (store) => store.save({ text: 'a' }));
    assert.equal((await stat(fileOf(place))).mode & 0o777, 0o600);
    assert.equal((await stat(place)).mode & 0o777, 0o700);
  });

  it('is the last of many that are saved at once', async () => {
    const place = newPlace();
    await using(place, async (store) => {
      await Promise.all(
        Array.from({ length: 500 }, (_none, index) => store.save({ text: String(index) })),
      );
    });
    await using(place, (store) => {
      assert.equal(store.initial.text, '499');
      return Promise.resolve();
    });
    assert.deepEqual(await readdir(place), ['state.json']);
  });

  it('may have a draft of a killed process beside it', async () => {
    const place = newPlace();
    await using(place, (store) => store.save({ text: 'a' }));
    await writeFile(join(place, 'state.json.new'), '{"format":');
    await using(place, async (store) => {
      assert.equal(store.initial.text, 'a');
      await store.save({ text: 'b' });
    });
    assert.deepEqual(await readdir(place), ['state.json']);
  });
});

const framed = (change: (document: Record<string, unknown>) => void): string => {
  const data = { text: 'a' };
  const sha256 = createHash('sha256').update(JSON.stringify(data)).digest('hex');
  const document = { format: 'certready-test', version: 1, sha256, data };
  change(document);
  return JSON.stringify(document);
};

const whole = framed(() => undefined);

/** What the file holds, and a word of why it is not taken. */
const bad: Readonly<Record<string, readonly [content: string | Uint8Array, why: RegExp]>> = {
  'an empty file': ['', /empty/],
  'a torn file': [whole.slice(0, -10), /torn/],
  'a file of zeros': [new Uint8Array(4096), /torn/],
  'no UTF-8': [Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d), /torn/],
  'a list': ['[]', /torn/],
  "another program's file": ['{"format":"other"}', /another program/],
  'a newer file': [framed((document) => (document['version'] = 2)), /newer/],
  'a version that is none': [framed((document) => (document['version'] = 'x')), /newer/],
  'an edited file': [framed((document) => (document['data'] = { text: 'b' })), /checksum/],
  'a file without data': [framed((document) => delete document['data']), /checksum/],
  'a file that nests too deeply': [`{"format":${'['.repeat(1e6)}`, /torn/],
};

suite('a file that is not taken', () => {
  for (const [what, [content, why]] of Object.entries(bad))
    it(`${what} is set aside, and said`, async () => {
      const place = newPlace();
      await mkdir(place);
      await writeFile(fileOf(place), content);
      await using(place, async (store) => {
        assert.deepEqual(store.initial, { text: 'empty' });
        assert.match(store.setAside ?? '', why);
        await store.save({ text: 'new' });
        assert.equal(store.problem(), undefined);
      });
      const names = await readdir(place);
      assert.deepEqual(names, ['state.json', 'state.json.bad-2026-11-23T210000.000Z']);
      const kept = await readFile(join(place, names[1] ?? ''));
      assert.deepEqual(kept, Buffer.from(content));
      await using(place, (store) => {
        assert.equal(store.initial.text, 'new');
        return Promise.resolve();
      });
    });

  it('is one whose content is not right', async () => {
    const place = newPlace();
    await mkdir(place);
    const data = { other: 1 };
    const sha256 = createHash('sha256').update(JSON.stringify(data)).digest('hex');
    await writeFile(
      fileOf(place),
      JSON.stringify({ format: 'certready-test', version: 1, sha256, data }),
    );
    await using(place, (store) => {
      assert.match(store.setAside ?? '', /text is missing/);
      return Promise.resolve();
    });
  });

  it('is taken by the version that wrote it', async () => {
    const place = newPlace();
    await using(place, (store) => store.save({ text: 'a' }));
    const newer = await open(place, 2);
    assert.equal(newer.initial.text, 'a');
    await newer.close();
  });
});

suite('one folder, one agent', () => {
  it('a second one is turned away, until the first has closed', async () => {
    const place = newPlace();
    const first = await open(place);
    await assert.rejects(open(place), { code: 'state-in-use' });
    await first.close();
    await (await open(place)).close();
  });

  it('a killed one leaves the folder to the next', async () => {
    const place = newPlace();
    await mkdir(place);
    const script = `require('node:net').createServer().listen(${JSON.stringify(join(place, 'state.lock'))},
      () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    assert.deepEqual(await readdir(place), ['state.lock']);
    await (await open(place)).close();
  });

  it('a path too long for a lock locks nobody out', async () => {
    const place = join(newPlace(), 'x'.repeat(120));
    const store = await open(place);
    await store.save({ text: 'a' });
    assert.equal(store.problem(), undefined);
    await store.close();
  });
});

const isRoot = process.getuid?.() === 0;

suite('a disk that fails', () => {
  it('is said, and tried again', async () => {
    const place = newPlace();
    await writeFile(place, 'a file where the folder is due');
    const store = await open(place);
    await store.save({ text: 'a' });
    assert.match(store.problem() ?? '', /state\.json/);
    await rm(place);
    await store.save({ text: 'b' });
    assert.equal(store.problem(), undefined);
    await store.close();
  });

  it('may be read-only', { skip: isRoot && 'root may write everywhere' }, async () => {
    const place = newPlace();
    await mkdir(place, { mode: 0o500 });
    const store = await open(place);
    await store.save({ text: 'a' });
    assert.notEqual(store.problem(), undefined);
    await chmod(place, 0o700);
    await store.save({ text: 'a' });
    assert.equal(store.problem(), undefined);
    await store.close();
  });

  /** A disk of 256 KiB. */
  const withDisk = async (
    options: string,
    use: (place: string) => Promise<void>,
  ): Promise<void> => {
    const place = newPlace();
    await mkdir(place);
    const mounted = spawnSync('mount', [
      '-t',
      'tmpfs',
      '-o',
      `size=256k${options}`,
      'tmpfs',
      place,
    ]);
    assert.equal(mounted.status, 0, String(mounted.stderr));
    try {
      await use(place);
    } finally {
      spawnSync('umount', [place]);
    }
  };
  const canMount =
    isRoot && spawnSync('unshare', ['--mount', 'true']).status === 0
      ? false
      : 'needs root, to mount a disk';

  it('may be full: what was there stays, and the next save works', { skip: canMount }, () =>
    withDisk('', async (place) => {
      const store = await open(place);
      await store.save({ text: 'small' });
      await store.save({ text: 'x'.repeat(300_000) });
      assert.match(store.problem() ?? '', /no space/);
      assert.match(await readFile(fileOf(place), 'utf8'), /small/);
      await store.save({ text: 'small again' });
      assert.equal(store.problem(), undefined);
      await store.close();
    }),
  );

  it('may be mounted read-only', { skip: canMount }, () =>
    withDisk(',ro', async (place) => {
      const store = await open(place);
      await store.save({ text: 'a' });
      assert.match(store.problem() ?? '', /read-only/);
      await store.close();
    }),
  );
});
