/** Metrics as their readers see them: promtool, a real Prometheus, the node exporter; and disks that fail. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it, suite } from 'node:test';
import { freePort } from '../../helpers/free-port.ts';
import { lacking } from '../../helpers/programs.ts';
import { hostileReport, notReadyReport, readyReport } from '../../helpers/sample-report.ts';
import { ended } from '../../lab/leash.ts';
import { seriesOf, startMetrics } from './metrics-lab.ts';

let folder = '';
const programs: ChildProcess[] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certready-metrics-'));
  await chmod(folder, 0o755);
});
after(async () => {
  await Promise.all(programs.map((program) => ended(program, 'SIGKILL'))); // they write there
  await rm(folder, { recursive: true, force: true });
});

const start = (name: string, args: readonly string[]): void => {
  programs.push(spawn(name, args, { stdio: 'ignore' }));
};

/** Asks until there is an answer that will do. */
const answerOf = async <T>(url: string, read: (text: string) => T | undefined): Promise<T> => {
  for (let tries = 0; tries < 1200; tries++) {
    const text = await fetch(url).then(
      (response) => response.text(),
      () => undefined,
    );
    const found = text === undefined ? undefined : read(text);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no answer that will do: ${url}`);
};

interface QueryAnswer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [number, string];
    }[];
  };
}

suite('the text file', () => {
  it('is there at once, readable by everybody, without times', async () => {
    const textfile = join(folder, 'certready.prom');
    const mask = process.umask(0o077);
    try {
      const lab = await startMetrics({ textfile });
      assert.equal((await stat(textfile)).mode & 0o777, 0o644);
      await lab.metrics.observe(notReadyReport);
      const series = seriesOf(await readFile(textfile, 'utf8'));
      assert.equal(series.get('certready_runs_total{result="ready"}'), 3);
      await lab.metrics.close();
    } finally {
      process.umask(mask);
    }
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith('certready.prom')),
      ['certready.prom'],
    );
  });

  it('is never seen half written', async () => {
    const textfile = join(folder, 'whole.prom');
    const lab = await startMetrics({ textfile });
    let writes = 0;
    const writing = (async () => {
      for (; writes < 30; writes++)
        await lab.metrics.observe(writes % 2 === 0 ? notReadyReport : readyReport);
    })();
    while (writes < 30) {
      const text = await readFile(textfile, 'utf8');
      assert.ok(/certready_build_info\{[^}]*\} 1\n$/.test(text), text.slice(-200));
    }
    await writing;
    await lab.metrics.close();
  });

  it('that cannot be written is a problem until it can', async () => {
    const inTheWay = join(folder, 'in-the-way');
    await writeFile(inTheWay, '');
    const lab = await startMetrics({ textfile: join(inTheWay, 'certready.prom') });
    await lab.metrics.observe(readyReport);
    assert.deepEqual(
      lab.metrics.problems().map(({ code }) => code),
      ['metrics-textfile-unwritable'],
    );
    await rm(inTheWay);
    await lab.metrics.refresh();
    assert.deepEqual(lab.metrics.problems(), []);
    await lab.metrics.close();
  });

  const noRoot = process.getuid?.() === 0 ? false : 'needs root, to mount a small disk';
  it('keeps what it had while the disk is full', { skip: noRoot }, async (context) => {
    const disk = await mkdtemp(join(folder, 'disk-'));
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]);
    if (status !== 0) {
      context.skip('cannot mount a tmpfs here');
      return;
    }
    try {
      const textfile = join(disk, 'certready.prom');
      const lab = await startMetrics({ textfile });
      await lab.metrics.observe(readyReport);
      const before = await readFile(textfile, 'utf8');
      await writeFile(join(disk, 'filler'), Buffer.alloc(1024 * 1024)).catch(() => undefined);
      await lab.metrics.observe(notReadyReport);
      assert.equal(await readFile(textfile, 'utf8'), before);
      assert.match(lab.metrics.problems()[0]?.summary ?? '', /no space left/);
      await rm(join(disk, 'filler'));
      await lab.metrics.refresh();
      assert.deepEqual(lab.metrics.problems(), []);
      assert.match(await readFile(textfile, 'utf8'), /certready_gap\{/);
      await lab.metrics.close();
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});

const noPromtool = await lacking('promtool');
it('both outputs pass promtool check metrics', { skip: noPromtool }, async () => {
  const textfile = join(folder, 'promtool.prom');
  const lab = await startMetrics({ listen: `127.0.0.1:${await freePort()}`, textfile });
  for (const report of [notReadyReport, hostileReport]) {
    await lab.metrics.observe(report);
    for (const input of [await lab.text(), await readFile(textfile, 'utf8')]) {
      const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input });
      assert.deepEqual([status, stderr.toString()], [0, '']);
    }
  }
  await lab.metrics.close();
});

const noPrometheus = await lacking('prometheus');
it('a real Prometheus scrapes the endpoint', { skip: noPrometheus }, async () => {
  const lab = await startMetrics({ listen: `127.0.0.1:${await freePort()}` });
  await lab.metrics.observe(notReadyReport);
  const url = `http://127.0.0.1:${await freePort()}`;
  const config = join(folder, 'prometheus.yml');
  const job = { job_name: 'certready', static_configs: [{ targets: [lab.metrics.address] }] };
  await writeFile(
    config,
    JSON.stringify({ global: { scrape_interval: '1s' }, scrape_configs: [job] }),
  );
  start('prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
    `--web.listen-address=${new URL(url).host}`,
  ]);
  const query = (expression: string): Promise<QueryAnswer['data']['result']> =>
    answerOf(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`, (text) => {
      const { data } = JSON.parse(
        text.startsWith('{') ? text : '{"data":{"result":[]}}',
      ) as QueryAnswer;
      return data.result.length > 0 ? data.result : undefined;
    });
  const gaps = await query('certready_gap{severity="critical",owner="network"}');
  assert.deepEqual(
    gaps.map(({ metric, value }) => [metric['code'], metric['target'], value[1]]),
    [['connect-timeout', 'crl.globalsign.com:80', '1']],
  );
  const [failed] = await query('certready_runs_total{result="failed"}');
  assert.equal(failed?.value[1], '2');
  const [slow] = await query(
    'histogram_quantile(0.5, sum by (le) (certready_stage_duration_seconds_bucket{kind="aia",stage="connect"}))',
  );
  assert.ok(Number(slow?.value[1]) > 1 && Number(slow?.value[1]) <= 2.5);
  const [up] = await query('up');
  assert.equal(up?.value[1], '1');
  // The name without its suffix: Prometheus has asked for OpenMetrics.
  const type = await answerOf(`${url}/api/v1/metadata?metric=certready_runs`, (text) => {
    const { data } = JSON.parse(text) as { data: Record<string, { type: string }[]> };
    return data['certready_runs']?.[0];
  });
  assert.equal(type.type, 'counter');
  await lab.metrics.close();
});

const noExporter = await lacking('prometheus-node-exporter');
it('the node exporter reads the text file', { skip: noExporter }, async () => {
  const place = await mkdtemp(join(folder, 'textfiles-'));
  const lab = await startMetrics({ textfile: join(place, 'certready.prom') });
  await lab.metrics.observe(notReadyReport);
  const listen = `127.0.0.1:${await freePort()}`;
  start('prometheus-node-exporter', [
    '--collector.disable-defaults',
    '--collector.textfile',
    `--collector.textfile.directory=${place}`,
    `--web.listen-address=${listen}`,
  ]);
  const read = await answerOf(`http://${listen}/metrics`, seriesOf);
  const own = seriesOf(await readFile(join(place, 'certready.prom'), 'utf8'));
  assert.equal(read.get('node_textfile_scrape_error'), 0);
  // Labels come in another order there.
  const gaps = (series: ReadonlyMap<string, number>): string[] =>
    [...series.keys()]
      .filter((name) => name.startsWith('certready_gap'))
      .map((name) => [...name.matchAll(/\w+="(?:[^"\\]|\\.)*"/g)].flat().sort().join())
      .sort();
  assert.deepEqual(gaps(read), gaps(own));
  assert.equal(read.get('certready_runs_total{result="failed"}'), 2);
  await lab.metrics.close();
});
