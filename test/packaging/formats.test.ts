/** Executables of Linux and Windows, lightened before the program goes in. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, suite } from 'node:test';
import { promisify } from 'node:util';
import { stripped } from '../../packaging/elf.ts';
import { withoutSignature } from '../../packaging/pe.ts';

const run = promisify(execFile);

suite('a Linux executable', { skip: process.platform !== 'linux' && 'needs Linux' }, () => {
  it('runs without its symbols, and is smaller', async () => {
    const node = await readFile(process.execPath);
    const light = stripped(node);
    assert.ok(light.length < node.length);
    const folder = await mkdtemp(join(tmpdir(), 'certready-elf-'));
    try {
      const path = join(folder, 'node');
      await writeFile(path, light);
      await chmod(path, 0o755);
      const { stdout } = await run(path, ['-p', 'process.version']);
      assert.equal(stdout.trim(), process.version);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is refused where it is something else', () => {
    assert.throws(() => stripped(Buffer.from('#!/bin/sh\nexit 0\n'.padEnd(100))));
  });
});

/** Headers of a PE32+ file, a body, and a signature of so many bytes. */
const windowsFile = (signature: number, tail = 0): Buffer => {
  const file = Buffer.alloc(1024 + signature + tail, 0x90);
  file.fill(0, 0, 512);
  file.writeUInt32LE(64, 0x3c);
  file.write('PE\0\0', 64, 'latin1');
  file.writeUInt16LE(0x20b, 88);
  if (signature > 0) {
    file.writeUInt32LE(1024, 88 + 144);
    file.writeUInt32LE(signature, 88 + 148);
  }
  return file;
};

suite('a Windows executable', () => {
  it('loses its signature and nothing else', () => {
    assert.deepEqual(withoutSignature(windowsFile(200)), windowsFile(0));
  });

  it('stays as it is without one', () => {
    assert.deepEqual(withoutSignature(windowsFile(0)), windowsFile(0));
  });

  it('is refused where something stands behind the signature, or it is something else', () => {
    assert.throws(() => withoutSignature(windowsFile(200, 8)));
    assert.throws(() => withoutSignature(Buffer.alloc(1024)));
  });
});
