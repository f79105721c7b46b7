/** Reading the files that users write: bounded, and only text. */

import { open } from 'node:fs/promises';
import { AgentError, systemCode, systemReason } from '../errors.ts';

/** No configuration, profile or certificate file comes near it. */
export const maxFileBytes = 1024 * 1024;

/**
 * The bytes of a file or pipe, up to 1 MiB.
 * @throws AgentError `file-missing` or `file-unreadable`, naming the file.
 */
export const readBytes = async (path: string): Promise<Uint8Array> => {
  let file;
  try {
    file = await open(path, 'r');
    const chunks: Buffer[] = [];
    let length = 0;
    // Read to the end rather than to the size: a pipe has none.
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, null);
      if (bytesRead === 0) return Buffer.concat(chunks);
      length += bytesRead;
      if (length > maxFileBytes)
        throw new AgentError('file-unreadable', `${path}: larger than ${maxFileBytes} bytes`);
      chunks.push(buffer.subarray(0, bytesRead));
    }
  } catch (error) {
    if (error instanceof AgentError) throw error;
    const missing = ['ENOENT', 'ENOTDIR'].includes(systemCode(error));
    throw new AgentError(
      missing ? 'file-missing' : 'file-unreadable',
      `${path}: ${systemReason(error)}`,
      error,
    );
  } finally {
    await file?.close();
  }
};

/** @throws AgentError as readBytes, and `file-unreadable` for bytes that are not UTF-8. */
export const readText = async (path: string): Promise<string> => {
  const bytes = await readBytes(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new AgentError('file-unreadable', `${path}: not text in UTF-8`, error);
  }
};
