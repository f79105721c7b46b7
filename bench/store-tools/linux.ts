/** Stores of Linux, asked by OpenSSL, Debian, p11-kit, NSS, Java, Postfix and Node. */

import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandRunner } from '../../checks/stores/commands.ts';
import { discoverTrustStores, openTrustStore } from '../../checks/stores/index.ts';
import { keystore } from '../../checks/stores/java.ts';
import { opensslFolder } from '../../checks/stores/openssl.ts';
import { p11KitStore } from '../../checks/stores/p11-kit.ts';
import { subjectHash } from '../../checks/stores/subject-name.ts';
import { systemStore } from '../../checks/stores/system.ts';
import { startSmtpServer } from '../../test/helpers/smtp-server.ts';
import { dnsName, subjectAltName } from '../../test/helpers/x509-writer.ts';
import { lay } from '../../test/stores/read-store.ts';
import { type Row, always, other, part, root, said, twin } from './row.ts';

const hash = subjectHash(root.der);
const extensions = [subjectAltName(dnsName('mx.test'))];
const leaf = root.issue({ name: 'CN=mx.test', key: 'rsa', extensions, ...always });

const rehash = (folder: string): Promise<unknown> => said('openssl', 'rehash', folder);

const verdict = (text: string): string =>
  / OK$/m.test(text)
    ? 'OK'
    : part(text, /(error \d+ at 0 depth lookup: .*)/).replace(' at 0 depth lookup', '');

const folderRow = (store: string, change: (folder: string) => Promise<unknown>): Row => ({
  store,
  tool: '`openssl verify -CApath`',
  needs: ['openssl'],
  async ask(work) {
    const folder = join(work, 'roots');
    await lay(work, { 'leaf.pem': leaf.pem, 'roots/root.pem': root.pem });
    await change(folder);
    const only = ['-no-CAstore', '-no-CAfile', '-CApath', folder];
    const says = verdict(await said('openssl', 'verify', ...only, join(work, 'leaf.pem')));
    return { says, found: opensslFolder({ name: folder, path: folder }) };
  },
});

const moved = (folder: string, name: string): Promise<void> =>
  rename(join(folder, 'root.pem'), join(folder, name));

const folders: readonly Row[] = [
  folderRow('folder with the root, no hash link', () => Promise.resolve()),
  folderRow('the same after `openssl rehash`', rehash),
  folderRow('link `.1` without `.0`', (folder) => moved(folder, `${hash}.1`)),
  folderRow('link under another hash', (folder) => symlink('root.pem', join(folder, '00000000.0'))),
  folderRow('link to DER', async (folder) => {
    await lay(folder, { 'root.crt': root.der });
    await symlink('root.crt', join(folder, `${hash}.0`));
  }),
  folderRow('link `.0` that leads nowhere, the root behind `.1`', async (folder) => {
    await symlink('nowhere.pem', join(folder, `${hash}.0`));
    await moved(folder, `${hash}.1`);
  }),
  folderRow('`.0` that is no certificate, the root behind `.1`', async (folder) => {
    await writeFile(join(folder, `${hash}.0`), 'nothing');
    await moved(folder, `${hash}.1`);
  }),
];

const bundle: Row = {
  store: '`TRUSTED CERTIFICATE` for e-mail only',
  tool: '`openssl verify -purpose sslserver`',
  needs: ['openssl'],
  async ask(work) {
    await lay(work, { 'leaf.pem': leaf.pem, 'root.pem': root.pem });
    const file = join(work, 'trusted.pem');
    const input = ['-in', join(work, 'root.pem'), '-out', file];
    await said('openssl', 'x509', '-trustout', '-addtrust', 'emailProtection', ...input);
    const only = ['-no-CAstore', '-no-CApath', '-CAfile', file, '-purpose', 'sslserver'];
    const text = await said('openssl', 'verify', ...only, join(work, 'leaf.pem'));
    const says = part(text, /(error \d+ at \d depth lookup: .*)/).replace(
      / at \d depth lookup/,
      '',
    );
    return { says, found: await openTrustStore(file) };
  },
};

const update = (machine: string, ...options: readonly string[]): Promise<string> =>
  said(
    'update-ca-certificates',
    ...['--certsconf', join(machine, 'etc/ca-certificates.conf')],
    ...['--certsdir', join(machine, 'usr/share/ca-certificates')],
    ...['--localcertsdir', join(machine, 'usr/local/share/ca-certificates')],
    ...['--etccertsdir', join(machine, 'etc/ssl/certs'), '--hooksdir', join(machine, 'none')],
    ...options,
  );

const debianRow = (store: string, lines: string, ...options: readonly string[]): Row => ({
  store,
  tool: '`update-ca-certificates`',
  needs: ['openssl', 'update-ca-certificates'],
  async ask(machine) {
    await lay(machine, {
      'usr/share/ca-certificates/root.crt': root.pem,
      'usr/share/ca-certificates/other.crt': other.pem,
      'etc/ca-certificates.conf': 'root.crt\nother.crt\n',
    });
    for (const folder of ['etc/ssl/certs', 'usr/local/share/ca-certificates'])
      await mkdir(join(machine, folder), { recursive: true });
    await update(machine);
    await lay(machine, { 'etc/ca-certificates.conf': lines });
    const says = part(await update(machine, ...options), /(\d+ added, \d+ removed)/);
    return { says, found: await systemStore(machine) };
  },
});

const debian: readonly Row[] = [
  debianRow('`!` line in `ca-certificates.conf`', '!root.crt\nother.crt\n'),
  debianRow('line deleted from `ca-certificates.conf`', 'other.crt\n'),
  debianRow('the same with `--fresh`', 'other.crt\n', '--fresh'),
];

/** The module's folders are compiled in or configured: a configuration of our own lies over the machine's. */
const trustList = async (machine: string): Promise<string> => {
  const modules = '/usr/share/p11-kit/modules';
  const module = await readFile(join(modules, 'p11-kit-trust.module'), 'utf8');
  const paths = `x-init-reserved: paths='${join(machine, 'etc/pki/ca-trust/source')}'`;
  await lay(machine, {
    'modules/p11-kit-trust.module': module.replace(/^x-init-reserved:.*$/m, paths),
  });
  const script = `mount --bind "$1" ${modules} && trust list`;
  return said('unshare', '-m', 'sh', '-c', script, 'sh', join(machine, 'modules'));
};

const p11Row = (store: string, files: () => Promise<Record<string, string>>): Row => ({
  store,
  tool: '`trust list`',
  needs: ['trust', 'unshare', 'openssl'],
  async ask(machine) {
    for (const [name, pem] of Object.entries(await files()))
      await lay(machine, { [`etc/pki/ca-trust/source/${name}`]: pem });
    const says = part(await trustList(machine), /(trust: \w+)/);
    return { says, found: await p11KitStore(machine) };
  },
});

const p11: readonly Row[] = [
  p11Row("certificate in p11-kit's `anchors`", () =>
    Promise.resolve({ 'anchors/root.pem': root.pem }),
  ),
  p11Row("certificate in p11-kit's `blocklist`", () =>
    Promise.resolve({ 'blocklist/root.pem': root.pem }),
  ),
];

const nssRow = (flags: string): Row => ({
  store: `NSS with flags \`${flags}\``,
  tool: '`certutil -L`',
  needs: ['certutil'],
  async ask(work) {
    const folder = join(work, 'db');
    await mkdir(folder);
    await lay(work, { 'root.pem': root.pem });
    await said('certutil', '-N', '-d', `sql:${folder}`, '--empty-password');
    const add = ['-A', '-n', 'root', '-t', flags, '-a', '-i', join(work, 'root.pem')];
    await said('certutil', ...add, '-d', `sql:${folder}`);
    const says = part(await said('certutil', '-L', '-d', `sql:${folder}`), /^root\s+(\S+)/m);
    return { says: `\`${says}\``, found: await openTrustStore(folder) };
  },
});

const java: Row = {
  store: 'PKCS#12 by `openssl pkcs12 -nokeys`, as Java reads it',
  tool: '`keytool -list`',
  needs: ['openssl', 'keytool'],
  async ask(work) {
    const path = join(work, 'store.p12');
    await lay(work, { 'root.pem': root.pem });
    const output = ['-out', path, '-passout', 'pass:changeit'];
    await said('openssl', 'pkcs12', '-export', '-nokeys', '-in', join(work, 'root.pem'), ...output);
    const options = ['-storepass', 'changeit', '-J-Duser.language=en'];
    const says = part(
      await said('keytool', '-list', '-keystore', path, ...options),
      /(contains \d+ entr\w+)/,
    );
    return { says, found: keystore({ name: path, path }, 'java') };
  },
};

const runCommand = commandRunner('linux', {});

/** A client of Postfix, told by its command line what main.cf says. */
const postfixRow = (
  store: string,
  { settings, options }: { readonly settings: string; readonly options: readonly string[] },
): Row => ({
  store,
  tool: '`posttls-finger -l verify`',
  needs: ['postconf', 'posttls-finger'],
  async ask(work) {
    const inFolder = (text: string): string => text.replaceAll('FOLDER', work);
    await lay(work, {
      'root.pem': root.pem,
      'twin.pem': twin.pem,
      'conf/main.cf': `compatibility_level = 3.6\nsmtp_host_lookup = native\nsmtp_dns_support_level = disabled\n${inFolder(settings)}\n`,
      'conf/master.cf': 'smtp unix - - n - - smtp\n',
    });
    const server = await startSmtpServer({ tls: { cert: leaf.pem, key: leaf.keyPem } });
    const conf = join(work, 'conf');
    const host = `[${server.host}]:${server.port}`;
    const finger = [
      'posttls-finger',
      '-c',
      '-l',
      'verify',
      ...options.map(inFolder),
      host,
      'mx.test',
    ];
    const text = await said('env', `MAIL_CONFIG=${conf}`, ...finger);
    await server.close();
    const stores = await discoverTrustStores({
      platform: 'linux',
      env: {},
      run: (program, args) =>
        program === 'postconf'
          ? runCommand('postconf', ['-c', conf, ...args])
          : Promise.resolve({ absent: true }),
    });
    const found = stores.find(({ kind, mail }) => kind === 'postfix' && mail === 'verifies');
    if (found === undefined) throw new Error('no store of Postfix');
    return { says: part(text, /(\w+ TLS connection)/), found };
  },
});

const anchored = 'inline:{ { mx.test = secure tafile=FOLDER/twin.pem } }';
const postfix: readonly Row[] = [
  postfixRow('Postfix with the root in `smtp_tls_CAfile`', {
    settings: 'smtp_tls_security_level = verify\nsmtp_tls_CAfile = FOLDER/root.pem',
    options: ['-F', 'FOLDER/root.pem'],
  }),
  postfixRow('the same, and a policy whose `tafile` has another of its name', {
    settings: `smtp_tls_CAfile = FOLDER/root.pem\nsmtp_tls_policy_maps = ${anchored}`,
    options: ['-F', 'FOLDER/root.pem', '-A', 'FOLDER/twin.pem'],
  }),
  postfixRow('Postfix that verifies and names no roots', {
    settings: 'smtp_tls_security_level = verify',
    options: [],
  }),
];

export const linuxRows: readonly Row[] = [
  ...folders,
  bundle,
  ...debian,
  ...p11,
  ...[',C,', 'p,,', 'C,,'].map(nssRow),
  java,
  ...postfix,
];
