/** The commands for the stores of Red Hat and Arch, run by p11-kit's own `trust`. */

import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { p11KitStore } from '../../checks/stores/p11-kit.ts';
import { r1, r2, run, systemStoreOf } from './example-roots.ts';
import { type Shell, assertFixed, cannotMount, privateSystem, runOn } from './fix-lab.ts';
import { lay } from './read-store.ts';

const modules = '/usr/share/p11-kit/modules';
const extracted = '/etc/pki/ca-trust/extracted';

/** What Red Hat's update-ca-trust(8) does: the same `trust extract` for the parts that are read here. */
const updateCaTrust = [
  `trust extract --format=openssl-bundle --filter=certificates --overwrite ${extracted}/openssl/ca-bundle.trust.crt`,
  `trust extract --format=pem-bundle --filter=ca-anchors --overwrite --purpose=server-auth ${extracted}/pem/tls-ca-bundle.pem`,
  `trust extract --format=pem-bundle --filter=ca-anchors --overwrite --purpose=email ${extracted}/pem/email-ca-bundle.pem`,
].join('\n');

/** A private machine whose p11-kit reads these folders, and what its commands need. */
const machine = async (
  t: TestContext,
  sources: string,
  files: Readonly<Record<string, string>>,
): Promise<Shell & { readonly root: string }> => {
  const root = await privateSystem(t, files);
  const module = await readFile(join(modules, 'p11-kit-trust.module'), 'utf8');
  const configured = module.replace(/^x-init-reserved:.*$/m, `x-init-reserved: paths='${sources}'`);
  await lay(root, { 'modules/p11-kit-trust.module': configured });
  const prepare = [`mount --bind '${join(root, 'modules')}' ${modules}`];
  return { root, prepare, programs: { 'update-ca-trust': updateCaTrust } };
};

const skip = await cannotMount('openssl', 'trust');

describe('the store of Red Hat', { skip }, () => {
  const source = 'etc/pki/ca-trust/source';
  const redHat = async (
    t: TestContext,
    files: Readonly<Record<string, string>>,
  ): Promise<Shell & { readonly root: string }> => {
    const shell = await machine(t, `/${source}:/etc/pki/ca-trust/shipped`, {
      [`${source}/README`]: '',
      [`${extracted}/openssl/README`]: '',
      [`${extracted}/pem/README`]: '',
      'etc/pki/tls/certs/README': '',
      [`${source}/anchors/r2.pem`]: r2.pem,
      [`${source}/blocklist/README`]: '',
      ...files,
    });
    await runOn(t, shell.root, [...(shell.prepare ?? []), ...updateCaTrust.split('\n')]);
    return shell;
  };
  const forMail = async (t: TestContext): Promise<string> => {
    const shell = await machine(t, '/etc/none', { 'r1.pem': r1.pem });
    const input = ['-in', join(shell.root, 'r1.pem'), '-trustout'];
    return (await run('openssl', ['x509', ...input, '-addtrust', 'emailProtection'])).stdout;
  };
  const shipped = 'etc/pki/ca-trust/shipped/ca-bundle.pem';
  const cases: Readonly<
    Record<string, readonly [(t: TestContext) => Promise<Readonly<Record<string, string>>>, string]>
  > = {
    'that does not have it': [() => Promise.resolve({}), 'root-missing absent'],
    'that has it for e-mail alone': [
      async (t) => ({ [shipped]: await forMail(t) }),
      'root-not-for-server-auth',
    ],
    'that blocks it': [
      () =>
        Promise.resolve({
          [shipped]: r1.pem,
          [`${source}/blocklist/r1.pem`]: r1.pem,
          [`${source}/anchors/r1.pem`]: r1.pem,
        }),
      'root-distrusted',
    ],
  };
  for (const [what, [files, gap]] of Object.entries(cases))
    it(what, async (t) => {
      const shell = await redHat(t, await files(t));
      await assertFixed(t, () => systemStoreOf(shell.root), gap, { ...shell, input: 'y\n' });
    });

  it('whose tool has not run since it was added', async (t) => {
    const shell = await redHat(t, {});
    await lay(shell.root, { [`${source}/anchors/r1.pem`]: r1.pem });
    const gap = 'root-missing not-taken-over';
    await assertFixed(t, () => systemStoreOf(shell.root), gap, shell);
  });
});

describe('p11-kit where no tool is around it', { skip }, () => {
  it('without the root', async (t) => {
    const source = '/etc/ca-certificates/trust-source';
    const shell = await machine(t, source, { [`${source}/anchors/r2.pem`]: r2.pem });
    // Debian leaves out the program that a distribution puts here to write its bundles
    const programs = join(shell.root, 'libexec');
    await lay(programs, { 'trust-extract-compat': '#!/bin/sh\n' });
    await chmod(join(programs, 'trust-extract-compat'), 0o755);
    const prepare = [...(shell.prepare ?? []), `mount --bind '${programs}' /usr/libexec/p11-kit`];
    const gap = 'root-missing absent';
    await assertFixed(t, () => p11KitStore(shell.root), gap, { ...shell, prepare });
  });
});
