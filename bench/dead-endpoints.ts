/**
 * Ten endpoints that never answer cost one timeout, not ten: a firewall between network namespaces
 * drops everything silently. Needs root, iproute2 and nftables.
 *
 *     npm run bench:dead-endpoints
 */

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '../agent/report/report.ts';
import { makeOpensslPki } from '../test/helpers/openssl-pki.ts';
import { ipv4 } from '../test/lab/addresses.ts';
import { bringUp } from '../test/lab/namespaces.ts';
import { interleaved, table } from './measure.ts';

const program = fileURLToPath(new URL('../dist/certready.js', import.meta.url));
const timeoutSeconds = 2;

const profileWith = (count: number): string => `id: dead-${count}
title: ${count} endpoints that never answer
endpoints: [${Array.from({ length: count }, (_, index) => `h${index}.lab.test`).join(', ')}]
authorities: [{ id: r1, name: Lab Root R1, root: true, certificate: root.crt }]
`;

const folder = await mkdtemp(join(tmpdir(), 'certready-dead-'));
await makeOpensslPki(folder);
const lab = await bringUp();
try {
  await lab.nft('fw', 'add rule inet lab forward drop');
  const asking = (count: number) => async (): Promise<number> => {
    const profile = join(folder, `dead-${count}.yaml`);
    await writeFile(profile, profileWith(count));
    const resolve = Array.from({ length: count }, (_, index) => [
      '--resolve',
      `h${index}.lab.test:80:${ipv4('crl')}`,
    ]);
    const options = [
      '--once',
      '-f',
      'json',
      '--check',
      'endpoint',
      '--proxy',
      'none',
      '-p',
      profile,
      '--connect-timeout',
      String(timeoutSeconds),
    ];
    const [file = '', ...args] = lab.on(
      'mx',
      process.execPath,
      program,
      ...options,
      ...resolve.flat(),
    );
    const started = performance.now();
    const stdout = await new Promise<string>((done) => {
      execFile(file, args, (_error, text) => done(text));
    });
    const report = JSON.parse(stdout) as Report;
    if (report.gaps.filter(({ code }) => code === 'connect-timeout').length !== count)
      throw new Error(
        `${count} dead endpoints, but these gaps: ${report.gaps.map(({ id }) => id).join(', ')}`,
      );
    return performance.now() - started;
  };
  const times = await interleaved(
    [1, 10].map((count) => ({ name: `${count} dead endpoints`, run: asking(count) })),
    3,
  );
  const rows = [...times].map(([name, ms]) => [
    name,
    ms.toFixed(0),
    (ms / (timeoutSeconds * 1000)).toFixed(2),
  ]);
  process.stdout.write(
    `${table([[`connect timeout ${timeoutSeconds} s`, 'ms', 'timeouts'], ...rows])}\n`,
  );
} finally {
  await lab.down();
  await rm(folder, { recursive: true, force: true });
}
