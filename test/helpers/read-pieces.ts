/** Reads a CRL piece by piece. */

import type { CrlContents } from '../../checks/pki/crl-contents.ts';
import { CrlReader, type CrlReaderOptions } from '../../checks/pki/crl-reader.ts';

export const readPieces = (
  pieces: readonly Uint8Array[],
  options: CrlReaderOptions = {},
): CrlContents => {
  const reader = new CrlReader(options);
  for (const piece of pieces) reader.write(piece);
  return reader.finish();
};
