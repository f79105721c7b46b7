/** What lies beside the packages: checksums, the bill of materials, the archive for Windows. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { it, suite } from 'node:test';
import { promisify } from 'node:util';
import { lackingPackages, packagePath } from '../helpers/packages.ts';
import { lacking } from '../helpers/programs.ts';

const run = promisify(execFile);

interface Component {
  readonly name: string;
  readonly version: string;
  readonly 'bom-ref': string;
  readonly components?: readonly Component[];
}

interface Bom {
  readonly bomFormat: string;
  readonly serialNumber: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

suite('a release', { skip: lackingPackages('SHA256SUMS', '.cdx.json') }, () => {
  it('has the checksum of every file', async () => {
    const sums = packagePath('SHA256SUMS') ?? '';
    await run('sha256sum', ['--check', '--strict', sums], { cwd: dirname(sums) });
    const text = await readFile(sums, 'utf8');
    for (const end of ['.cdx.json', 'linux-x64', '_amd64.deb', '.x86_64.rpm'])
      assert.ok(text.includes(`${end}\n`), end);
  });

  it('has a bill of materials that names what is inside, and nothing twice', async () => {
    const bom = JSON.parse(await readFile(packagePath('.cdx.json') ?? '', 'utf8')) as Bom;
    assert.equal(bom.bomFormat, 'CycloneDX');
    assert.match(
      bom.serialNumber,
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    assert.equal(bom.metadata.component.name, 'certready');
    const references = bom.components.map((component) => component['bom-ref']);
    assert.equal(new Set(references).size, references.length);
    const named = new Set([...references, bom.metadata.component['bom-ref']]);
    for (const { ref, dependsOn } of bom.dependencies)
      for (const reference of [ref, ...dependsOn]) assert.ok(named.has(reference), reference);
    const node = bom.components.find(({ name }) => name === 'node');
    const inNode = node?.components?.map(({ name }) => name) ?? [];
    for (const name of ['openssl', 'v8', 'zlib']) assert.ok(inNode.includes(name), name);
  });

  it('bills and licenses the same packages', { skip: lackingPackages('linux-x64') }, async () => {
    const bom = JSON.parse(await readFile(packagePath('.cdx.json') ?? '', 'utf8')) as Bom;
    const { stdout } = await run(packagePath('linux-x64') ?? '', ['licenses']);
    const licensed = [...stdout.matchAll(/^-+\n(\S+) (\S+) \(.+\)\n-+$/gm)]
      .map(([, name = '', version = '']) => `${name}@${version}`)
      .filter((name) => !/^(?:certready|Node\.js)@/.test(name));
    const billed = bom.components
      .map(({ name, version }) => `${name}@${version}`)
      // koffi's native halves come under its own licence
      .filter((name) => !/^(?:node@|@koromix\/koffi-)/.test(name));
    assert.deepEqual(new Set(billed), new Set(licensed));
  });
});

suite(
  'the archive for Windows',
  {
    skip: lackingPackages('windows-x64.zip') || (await lacking('unzip')),
  },
  () => {
    const zip = packagePath('windows-x64.zip') ?? '';

    it('holds the program and all that its installer copies', async () => {
      const { stdout } = await run('unzip', ['-Z1', zip]);
      const names = stdout.trim().split('\n');
      const { stdout: script } = await run('unzip', ['-p', zip, 'install.ps1']);
      const [, copied = ''] = /^\$files = (.*)\r$/m.exec(script) ?? [];
      const needed = [...copied.matchAll(/'([^']+)'/g)].map(([, name = '']) => name);
      assert.ok(needed.includes('certready.exe'));
      assert.deepEqual(new Set(names), new Set([...needed, 'config.yaml']));
      assert.doesNotMatch(script, /[^\r]\n/);
    });
  },
);

suite("npm's package", { skip: lackingPackages('.tgz') }, () => {
  it('runs where nothing else is installed, and holds no sources', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'certready-npm-'));
    try {
      await run('tar', ['-xzf', packagePath('.tgz') ?? '', '-C', folder]);
      const manifest = await readFile(join(folder, 'package', 'package.json'), 'utf8');
      const { version, bin } = JSON.parse(manifest) as {
        version: string;
        bin: { certready: string };
      };
      const certready = (...args: readonly string[]) =>
        run(process.execPath, [join(folder, 'package', bin.certready), ...args], {
          env: { HOME: folder, CERTREADY_CONFIG: '/dev/null' },
        });
      assert.equal((await certready('--version')).stdout, `${version}\n`);
      assert.match((await certready('licenses')).stdout, /^zod /m);
      assert.match((await certready('profile', 'list')).stdout, /^exchange-online-globalsign-r1 /m);
      const names = await readdir(join(folder, 'package'));
      assert.ok(['LICENSE', 'README.md', 'dist', 'schemas'].every((name) => names.includes(name)));
      assert.ok(!names.includes('agent') && !names.includes('test'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
