import assert from 'node:assert/strict';
import { copyFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openTrustStore } from '../../checks/stores/index.ts';
import { opensslFolder } from '../../checks/stores/openssl.ts';
import { subjectHash } from '../../checks/stores/subject-name.ts';
import { lacking } from '../helpers/programs.ts';
import { makeCa } from '../helpers/private-ca.ts';
import { r1, r2, rehash, run, twin } from './example-roots.ts';
import { lay, temporaryFolder, verdictIn } from './read-store.ts';

/** A server's certificate under r1: what a mail server is asked to verify. */
const leaf = r1.issue({ name: 'CN=mx.example.org' });
const filler = makeCa({ name: 'CN=Filler' });

/** Whether `openssl verify` trusts r1 for a server, by these roots alone. */
const opensslTrusts = async (leafFile: string, ...roots: readonly string[]): Promise<boolean> => {
  const options = ['-no-CAstore', '-purpose', 'sslserver', '-attime', '1748952000'];
  return run('openssl', ['verify', ...options, ...roots, leafFile]).then(
    () => true,
    () => false,
  );
};

describe('openssl verify agrees', { skip: await lacking('openssl') }, () => {
  const trusted = async (folder: string, ...settings: readonly string[]): Promise<string> => {
    await lay(folder, { 'settings/r1.pem': r1.pem });
    const input = ['-in', join(folder, 'settings/r1.pem'), '-trustout'];
    return (await run('openssl', ['x509', ...input, ...settings])).stdout;
  };

  const edited = (number: number, edit: (line: string) => string): string =>
    r1.pem
      .split('\n')
      .map((line, index) => (index === number ? edit(line) : line))
      .join('\n');

  const bundles: Readonly<Record<string, (folder: string) => string | Promise<string>>> = {
    'with the root': () => filler.pem + r1.pem,
    'without it': () => filler.pem + r2.pem,
    'with its look-alike': () => twin.pem,
    'with both': () => twin.pem + r1.pem,
    'trusted for servers': (folder) => trusted(folder, '-addtrust', 'serverAuth'),
    'trusted for e-mail only': (folder) => trusted(folder, '-addtrust', 'emailProtection'),
    'rejected for servers': (folder) => trusted(folder, '-addreject', 'serverAuth'),
    'rejected for e-mail': (folder) => trusted(folder, '-addreject', 'emailProtection'),
    'rejected for all': (folder) => trusted(folder, '-addreject', 'anyExtendedKeyUsage'),
    'first plain, then rejected': async (folder) =>
      r1.pem + (await trusted(folder, '-addreject', 'serverAuth')),
    'first rejected, then plain': async (folder) =>
      (await trusted(folder, '-addreject', 'serverAuth')) + r1.pem,
    'with text between': () => `# filler\n${filler.pem}\nR1 -----BEGIN CERTIFICATE-----\n${r1.pem}`,
    'behind a byte order mark': () => `\ufeff${r1.pem}`,
    'with spaces at the ends of lines': () => r1.pem.replaceAll('\n', ' \t\r\n'),
    'with spaces within a line': () => edited(3, (line) => line.replace(/^.{10}/, '$& ')),
    'on one line': () => r1.pem.replace(/(?<=[^-])\n(?=[^-])/g, ''),
    'of one line': () => r1.pem.trim().replaceAll('\n', ''),
    'with other ends of lines': () => r1.pem.replaceAll('\n', '\r'),
    'with a blank line first': () => edited(0, (line) => `${line}\n`),
    'with a blank line inside': () => edited(3, (line) => `${line}\n \r`),
    'with a blank line last': () => r1.pem.replace('-----END', '\n-----END'),
    'with a header': () => edited(0, (line) => `${line}\nName: R1\n`),
    'that begins after a space': () => ` ${r1.pem}`,
    'that begins with more in its line': () => edited(0, (line) => `${line} R1`),
    'that ends with more in its line': () => `${r1.pem.trimEnd()} R1\n`,
    'that ends within a line': () => r1.pem.replace('\n-----END', '-----END'),
    'put behind another in its last line': () => filler.pem.trimEnd() + r1.pem,
    'with another in its last line': () => r1.pem.trimEnd() + filler.pem,
  };
  for (const [what, content] of Object.entries(bundles))
    it(`about a bundle: ${what}`, async (t) => {
      const folder = await temporaryFolder(t);
      await lay(folder, { 'leaf.pem': leaf.pem, 'bundle.pem': await content(folder) });
      const bundle = join(folder, 'bundle.pem');
      const said = await opensslTrusts(join(folder, 'leaf.pem'), '-no-CApath', '-CAfile', bundle);
      assert.equal((await verdictIn(await openTrustStore(bundle), r1.der)) === 'ok', said);
    });

  const hash = subjectHash(r1.der);
  const broken = '-----BEGIN CERTIFICATE-----\nMIIB\n';
  const folders: Readonly<Record<string, (folder: string) => Promise<unknown>>> = {
    'with the root and its link': rehash,
    'with the root and no link': () => Promise.resolve(),
    'with a wrong link': (folder) => copyFile(join(folder, 'r1.pem'), join(folder, '00000000.0')),
    'with the root under its hash alone': (folder) =>
      rename(join(folder, 'r1.pem'), join(folder, `${hash}.0`)),
    'with a hole before it': (folder) => rename(join(folder, 'r1.pem'), join(folder, `${hash}.1`)),
    'behind its look-alike': async (folder) => {
      await lay(folder, { [`${hash}.0`]: twin.pem });
      await rename(join(folder, 'r1.pem'), join(folder, `${hash}.1`));
    },
    'with a link that leads nowhere': async (folder) => {
      await rehash(folder);
      await rm(join(folder, 'r1.pem'));
    },
    'before a link that leads nowhere': async (folder) => {
      await rehash(folder);
      await symlink('nowhere.pem', join(folder, `${hash}.1`));
    },
    'under a hash that is not its own, behind one that is nobodys': async (folder) => {
      await symlink('nowhere.pem', join(folder, '00000000.0'));
      await rename(join(folder, 'r1.pem'), join(folder, '00000000.1'));
    },
    'in DER under its hash': (folder) => lay(folder, { [`${hash}.0`]: r1.der }),
    'in DER behind a link': async (folder) => {
      await lay(folder, { 'r1.crt': r1.der });
      await symlink('r1.crt', join(folder, `${hash}.0`));
    },
    'in a file behind one that cannot be read': (folder) =>
      lay(folder, { [`${hash}.0`]: broken + r1.pem }),
    'in a file before one that cannot be read': (folder) =>
      lay(folder, { [`${hash}.0`]: r1.pem + broken }),
    'in a folder below': async (folder) => {
      await mkdir(join(folder, 'below'));
      await rename(join(folder, 'r1.pem'), join(folder, `below/${hash}.0`));
    },
  };
  for (const [what, change] of Object.entries(folders))
    it(`about a folder: ${what}`, async (t) => {
      const folder = await temporaryFolder(t);
      await lay(folder, { 'leaf.pem': leaf.pem, 'roots/r1.pem': r1.pem });
      const roots = join(folder, 'roots');
      await change(roots);
      const said = await opensslTrusts(join(folder, 'leaf.pem'), '-no-CAfile', '-CApath', roots);
      const store = opensslFolder({ name: roots, path: roots });
      assert.equal((await verdictIn(store, r1.der)) === 'ok', said);
    });

  const behind: Readonly<Record<string, (link: string) => Promise<unknown>>> = {
    'that leads nowhere': (link) => symlink('nowhere.pem', link),
    'that leads to itself': (link) => symlink(`${hash}.0`, link),
    'that leads to something else': (link) => writeFile(link, 'nothing'),
    'that leads to DER': (link) => writeFile(link, r2.der),
  };
  for (const [what, make] of Object.entries(behind))
    it(`or not, by its version: behind a link ${what}`, async (t) => {
      const folder = await temporaryFolder(t);
      await lay(folder, { 'leaf.pem': leaf.pem, [`roots/${hash}.1`]: r1.pem });
      const roots = join(folder, 'roots');
      await make(join(roots, `${hash}.0`));
      const said = await opensslTrusts(join(folder, 'leaf.pem'), '-no-CAfile', '-CApath', roots);
      const [, series = '', patch = ''] =
        /^OpenSSL (\d+\.\d+)\.(\d+)/.exec((await run('openssl', ['version'])).stdout) ?? [];
      if (series === '3.0') assert.equal(said, Number(patch) >= 22);
      const store = opensslFolder({ name: roots, path: roots });
      assert.equal(await verdictIn(store, r1.der), 'unknown');
    });
});
