/** Runs a program to its end. */

import { spawn } from 'node:child_process';

export interface Exited {
  /** Start to exit, milliseconds. */
  readonly wall: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @throws where it exits otherwise than by 0 */
export const execute = (command: string, args: readonly string[]): Promise<Exited> =>
  new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      const wall = performance.now() - started;
      if (code === 0) resolve({ wall, ...output });
      else reject(new Error(`${command} exited ${code}: ${output.stderr.slice(-500)}`));
    });
  });
