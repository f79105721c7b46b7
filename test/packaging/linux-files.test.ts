/** What goes into the Linux packages, before they are built: manual page, configuration, unit. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it, suite } from 'node:test';
import { promisify } from 'node:util';
import { withDescendants } from '../../agent/completion/command-line.ts';
import { programDefinition } from '../../packaging/definitions.ts';
import { manPage } from '../../packaging/man-page.ts';
import { packagedUnit } from '../../packaging/unit.ts';
import { runProgram } from '../helpers/program.ts';
import { lacking } from '../helpers/programs.ts';

const run = promisify(execFile);
const edition = { version: '1.2.3', date: new Date('2026-11-27T20:00:00Z') };

const lackingMandoc = await lacking('mandoc');

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certready-files-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const written = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

suite('the manual page', () => {
  const program = programDefinition();
  const page = manPage(program, edition);

  it('is right for mandoc', { skip: lackingMandoc }, async () => {
    await run('mandoc', ['-T', 'lint', await written('certready.1', page)]);
  });

  it('names every command and every option', { skip: lackingMandoc }, async () => {
    const path = await written('certready.1', page);
    const { stdout } = await run('mandoc', ['-T', 'utf8', '-O', 'width=200', path]);
    const text = stdout.replace(/.\u0008/gu, '');
    for (const command of withDescendants(program)) {
      if (command.commands.length === 0) assert.ok(text.includes(command.path.join(' ')));
      for (const { flags } of command.options)
        for (const flag of flags) assert.ok(text.includes(flag), flag);
    }
    assert.match(text, /certready 1\.2\.3 +2026-11-27/);
  });
});

suite('the configuration', () => {
  const example = async (): Promise<string> =>
    readFile(new URL('../../packaging/config.yaml', import.meta.url), 'utf8');

  it('changes nothing as it is', async () => {
    const path = await written('config.yaml', await example());
    const { status } = await runProgram(['config', 'check', '--config', path]);
    assert.equal(status, 0);
    const shown = await runProgram(['config', 'show', '--config', path]);
    const defaults = await runProgram(['config', 'show', '--config', '/dev/null']);
    const values = (text: string): string => text.replace(/^# from .*\n/, '');
    assert.equal(values(shown.stdout), values(defaults.stdout));
  });

  it('is right, and has every key, where its comments are taken away', async () => {
    const path = await written('all.yaml', (await example()).replace(/^#(?=[a-zA-Z]| {2})/gm, ''));
    const { status, stderr } = await runProgram(['config', 'check', '--config', path]);
    assert.deepEqual([status, stderr], [0, '']);
    const { properties } = JSON.parse(
      await readFile(new URL('../../schemas/config.json', import.meta.url), 'utf8'),
    ) as { properties: Record<string, unknown> };
    const text = await readFile(path, 'utf8');
    for (const key of Object.keys(properties).filter((name) => name !== 'stateDir'))
      assert.match(text, new RegExp(`^${key}:`, 'm'));
  });
});

it('the unit starts the packaged program and asks for its folders', () => {
  const unit = packagedUnit({ ...edition, description: '', maintainer: '', fast: true });
  assert.match(unit, /^ExecStart=\/usr\/bin\/certready$/m);
  assert.match(unit, /^StateDirectory=certready$/m);
  assert.match(unit, /^DynamicUser=yes$/m);
  assert.match(unit, /^# Belongs to the package\./);
});
