import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commandRunner } from '../../checks/stores/commands.ts';

const runCommand = commandRunner('linux', {});

describe('a program that is asked', () => {
  it('answers', async () => {
    assert.deepEqual(await runCommand('printf', ['%s', 'a b $HOME']), { output: 'a b $HOME' });
  });
  it('may not be there', async () => {
    assert.deepEqual(await runCommand('no-such-program', []), { absent: true });
  });
  it('may fail', async () => {
    const result = await runCommand('ls', ['/no/such/folder']);
    assert.match('failure' in result ? result.failure : '', /No such file/);
  });
  it('may not be started', async () => {
    const tooLong = 'x'.repeat(4_000_000);
    assert.ok('failure' in (await runCommand('printf', [tooLong])));
  });
  it('is stopped when it says too much', async () => {
    assert.ok('failure' in (await runCommand('yes', [])));
  });
  it('gets no input to wait for', async () => {
    assert.deepEqual(await runCommand('cat', []), { output: '' });
  });
});
