/** The program itself on a CRL that it downloads: `certready --once` against a server on loopback. */

import { createHash, X509Certificate } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '../agent/report/report.ts';
import { type Identity, testTime } from '../test/helpers/private-ca.ts';
import { execute } from './execute.ts';

const program = fileURLToPath(new URL('../dist/certready.js', import.meta.url));

export interface Download {
  /** Start to exit, milliseconds. */
  readonly wall: number;
  /** MB; absent where GNU time is missing. */
  readonly peak?: number;
}

/** @throws where the program does not find the CRL sound */
export const download = async (
  path: string,
  ca: Identity,
  { folder, timeProgram }: { folder: string; timeProgram: string | undefined },
): Promise<Download> => {
  const { size } = await stat(path);
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/pkix-crl', 'content-length': size });
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const profile = join(folder, 'profile.json');
    const sha256 = createHash('sha256').update(new X509Certificate(ca.der).raw).digest('hex');
    const authority = { id: 'ca', name: 'Benchmark CA', root: true, certificate: ca.pem };
    await writeFile(
      profile,
      JSON.stringify({
        id: 'bench',
        title: 'Benchmark',
        authorities: [{ ...authority, sha256: sha256.toUpperCase() }],
        crls: [{ url: `http://127.0.0.1:${port}/ca.crl`, issuer: 'ca' }],
      }),
    );
    const once = [program, '--once', '-q', '-f', 'json', '--check', 'crl', '--proxy', 'none'];
    const args = [...once, '-p', profile, '--at', testTime.toISOString()];
    const run =
      timeProgram === undefined
        ? await execute(process.execPath, args)
        : await execute(timeProgram, ['-f', 'peak %M', process.execPath, ...args]);
    const [check] = (JSON.parse(run.stdout) as Report).checks;
    if (check?.status !== 'ok') throw new Error(`the check says ${check?.summary ?? 'nothing'}`);
    const kilobytes = /^peak (\d+)$/m.exec(run.stderr)?.[1];
    return {
      wall: run.wall,
      ...(kilobytes !== undefined && { peak: Number(kilobytes) / 1024 }),
    };
  } finally {
    server.close();
  }
};
