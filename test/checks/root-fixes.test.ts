/** The commands that bring a root back, run for real by the tools that they name. */

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { gaps } from '../../checks/gaps.ts';
import type { Evidence, Finding, GapCode } from '../../checks/types.ts';
import { makeOpensslPki } from '../helpers/openssl-pki.ts';
import { lacking } from '../helpers/programs.ts';

const run = promisify(execFile);

let folder: string;
let root: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certready-fix-'));
  await makeOpensslPki(folder);
  root = join(folder, 'root.crt');
  await mkdir(join(folder, 'bin'));
  // What `certready profile show ID --pem` prints, without a build
  const command = `#!/bin/sh\n[ "$1 $2 $4" = 'profile show --pem' ] && exec cat '${root}'\nexit 3\n`;
  await writeFile(join(folder, 'bin/certready'), command, { mode: 0o755 });
});
after(() => rm(folder, { recursive: true, force: true }));

const commandsFor = (code: GapCode, target: string, evidence: Evidence): readonly string[] => {
  const common = { root: 'Lab Root', profile: 'lab' };
  const finding: Finding = { code, target, evidence: { ...common, ...evidence } };
  return gaps[code].commands(finding, 'linux');
};

/** Runs lines as they would be pasted, each only if the one before succeeded. */
const paste = async (lines: readonly string[], input = ''): Promise<string> => {
  const work = await mkdtemp(join(folder, 'work-'));
  const path = `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`;
  const shell = spawn('/bin/sh', ['-e', '-c', lines.join('\n')], {
    cwd: work,
    env: { ...process.env, PATH: path },
  });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  shell.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    shell.once('error', reject).once('close', resolve);
  });
  assert.equal(code, 0, `${lines.join('\n')}\n${output}`);
  return output;
};

describe('root-missing in a store of its own', async () => {
  const skip = await lacking('openssl');
  it('a folder: is found by its hash link', { skip }, async () => {
    const path = join(folder, "the store's folder");
    await mkdir(path);
    await paste(commandsFor('root-missing', `r1@${path}`, { store: 'openssl-directory', path }));
    const { stdout } = await run('openssl', ['verify', '-no-CAfile', '-CApath', path, root]);
    assert.match(stdout, /: OK$/m);
  });

  it('a folder that lacks the hash link alone', { skip }, async () => {
    const path = join(folder, 'unlinked');
    await mkdir(path);
    await writeFile(join(path, 'root.pem'), await readFile(root));
    const evidence = { store: 'openssl-directory', path, reason: 'hash-link-missing' };
    await paste(commandsFor('root-missing', `r1@${path}`, evidence));
    await run('openssl', ['verify', '-no-CAfile', '-CApath', path, root]);
  });

  it('a bundle whose last line has no end', { skip }, async () => {
    const path = join(folder, 'bundle.pem');
    const other = await readFile(join(folder, 'inter.crt'), 'utf8');
    await writeFile(path, other.trimEnd());
    await paste(commandsFor('root-missing', `r1@${path}`, { store: 'openssl-bundle', path }));
    await run('openssl', ['verify', '-no-CApath', '-CAfile', path, root]);
    assert.equal((await readFile(path, 'utf8')).match(/^-----BEGIN/gm)?.length, 2);
  });
});

describe('root-missing in a Java keystore', async () => {
  const skip = await lacking('openssl', 'keytool');
  for (const type of ['JKS', 'PKCS12'])
    it(type, { skip }, async () => {
      const path = join(folder, `cacerts-${type}`);
      const open = ['-keystore', path, '-storepass', 'changeit'];
      const other = join(folder, 'inter.crt');
      const add = ['-importcert', '-noprompt', '-alias', 'other', '-file', other];
      await run('keytool', [...add, '-storetype', type, ...open]);
      const lines = commandsFor('root-missing', `r1@${path}`, { store: 'java', path });
      await paste(lines, 'changeit\n');
      const { stdout } = await run('keytool', ['-list', '-alias', 'certready-r1', ...open]);
      assert.match(stdout, /trustedCertEntry/);
    });
});

describe('roots in an NSS database', async () => {
  const skip = await lacking('openssl', 'certutil');
  const database = async (name: string): Promise<string> => {
    const path = join(folder, name);
    await mkdir(path);
    await run('certutil', ['-N', '-d', `sql:${path}`, '--empty-password']);
    return path;
  };
  const flags = async (path: string): Promise<readonly string[]> => {
    const { stdout } = await run('certutil', ['-L', '-d', `sql:${path}`]);
    return [...stdout.matchAll(/\s([A-Za-z]*,[A-Za-z]*,[A-Za-z]*)\s*$/gm)].map(
      ([, set = '']) => set,
    );
  };
  const addAs = (path: string, set: string) =>
    run('certutil', ['-A', '-d', `sql:${path}`, '-n', 'Lab Root', '-t', set, '-a', '-i', root]);

  it('root-missing', { skip }, async () => {
    const path = await database('nss-empty');
    const evidence = { store: 'nss', path: join(path, 'cert9.db') };
    await paste(commandsFor('root-missing', `r1@${path}`, evidence));
    assert.deepEqual(await flags(path), ['C,,']);
  });
  it('root-not-for-server-auth', { skip }, async () => {
    const path = await database('nss-mail');
    await addAs(path, ',C,');
    await paste(commandsFor('root-not-for-server-auth', `r1@${path}`, { store: 'nss', path }));
    assert.match((await flags(path)).join(), /^C/);
  });
  it('root-distrusted', { skip }, async () => {
    const path = await database('nss-distrusted');
    await addAs(path, 'p,p,p');
    const evidence = { store: 'nss', path, origin: 'Lab Root' };
    await paste(commandsFor('root-distrusted', `r1@${path}`, evidence));
    assert.deepEqual(await flags(path), ['C,,']);
  });
});

const cannotMount = async (): Promise<string | false> => {
  const missing = await lacking('openssl', 'unshare', 'update-ca-certificates');
  if (missing !== false) return missing;
  return run('unshare', ['-m', 'mount', '--bind', '/etc', '/etc']).then(
    () => false,
    () => 'needs the right to mount',
  );
};

describe('root-missing in the store of Debian', async () => {
  const skip = await cannotMount();
  const bundle = '/etc/ssl/certs/ca-certificates.crt';
  const evidence = { store: 'debian', path: '/etc/ssl/certs' };

  /** Runs lines where /etc and the local certificates are this process's own copies. */
  const inPrivateSystem = async (lines: readonly string[]): Promise<void> => {
    const copy = await mkdtemp(join(folder, 'system-'));
    const prepare = [
      'mount --make-rprivate /',
      `cp -a /etc '${copy}/etc' && mount --bind '${copy}/etc' /etc`,
      'rm -rf /etc/ca-certificates/update.d',
      `mkdir -p /usr/local/share/ca-certificates '${copy}/local'`,
      `mount --bind '${copy}/local' /usr/local/share/ca-certificates`,
    ];
    const script = join(copy, 'script');
    await writeFile(script, [...prepare, ...lines, ''].join('\n'));
    await paste([`unshare -m sh -e '${script}'`]);
  };
  const isTrusted = (file: string): readonly string[] => [
    `openssl verify -no-CAfile -CApath /etc/ssl/certs '${file}'`,
    `openssl verify -no-CApath -CAfile ${bundle} '${file}'`,
  ];
  const isNotTrusted = (file: string): string =>
    `! openssl verify -no-CApath -CAfile ${bundle} '${file}' 2>/dev/null`;

  it('absent', { skip }, () =>
    inPrivateSystem([
      isNotTrusted(root),
      ...commandsFor('root-missing', 'r1@/etc/ssl/certs', { ...evidence, reason: 'absent' }),
      ...isTrusted(root),
    ]),
  );

  const name = 'lab/Lab Root_1.2+3.crt';
  const packaged = `/usr/share/ca-certificates/${name}`;
  const install = (selection: string): readonly string[] => [
    `mkdir -p '${folder}/packaged' && mount --bind '${folder}/packaged' /usr/share/ca-certificates`,
    `mkdir -p /usr/share/ca-certificates/lab && cp '${root}' '${packaged}'`,
    `echo '${selection}' > /etc/ca-certificates.conf`,
    'update-ca-certificates --fresh',
  ];
  const missing = (reason: string, origin = `${packaged}#1`): readonly string[] =>
    commandsFor('root-missing', 'r1@/etc/ssl/certs', { ...evidence, reason, origin });

  for (const [how, selection] of [
    ['deselected by a !', `!${name}`],
    ['deselected by absence', '# nothing'],
  ] as const)
    it(how, { skip }, () =>
      inPrivateSystem([
        ...install(selection),
        isNotTrusted(packaged),
        ...missing('deselected'),
        ...isTrusted(packaged),
        // Selected once, and no longer deselected
        `[ "$(grep -c -F -e '${name}' /etc/ca-certificates.conf)" = 1 ]`,
      ]),
    );

  it('its hash link lost', { skip }, () =>
    inPrivateSystem([
      ...install(name),
      'find /etc/ssl/certs -name "*.[0-9]" -delete',
      `! openssl verify -no-CAfile -CApath /etc/ssl/certs '${packaged}' 2>/dev/null`,
      ...missing('hash-link-missing'),
      ...isTrusted(packaged),
    ]),
  );

  it('not in the bundle', { skip }, () =>
    inPrivateSystem([
      ...install(name),
      `: > ${bundle}`,
      isNotTrusted(packaged),
      ...missing('not-in-bundle'),
      ...isTrusted(packaged),
    ]),
  );
});
