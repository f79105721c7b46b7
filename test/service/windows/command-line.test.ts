import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commandLine } from '../../../service/windows/command-line.ts';
import { takenApart, trickyArguments } from './taken-apart.ts';

const program = 'C:\\Program Files\\certready\\certready.exe';

describe('commandLine', () => {
  for (const [args, line] of [
    [[], ''],
    [['--config', 'C:\\a.yaml'], ' --config C:\\a.yaml'],
    [['C:\\a b\\'], ' "C:\\a b\\\\"'],
    [['a"b'], ' "a\\"b"'],
    [['a\\"b'], ' "a\\\\\\"b"'],
    [[''], ' ""'],
  ] as const)
    it(`quotes ${JSON.stringify(args)}`, () =>
      assert.equal(commandLine([program, ...args]), `"${program}"${line}`));

  it('always quotes the program, so that no C:\\Program.exe is started', () =>
    assert.equal(commandLine(['C:\\certready.exe']), '"C:\\certready.exe"'));

  it('is taken apart as it was put together', () => {
    const argv = [program, ...trickyArguments];
    assert.deepEqual(takenApart(commandLine(argv)), argv);
  });
});
