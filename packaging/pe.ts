/** Windows executables (PE32+). */

const securityDirectory = 4;

/**
 * Without its signature (Authenticode), which would not hold for a changed file and which Windows would
 * call broken. It stands at the file's end, and an entry of the optional header points to it.
 * @throws Error where the file is laid out otherwise
 */
export const withoutSignature = (file: Buffer): Buffer => {
  const header = file.readUInt32LE(0x3c);
  const optional = header + 24;
  if (
    file.toString('latin1', header, header + 4) !== 'PE\0\0' ||
    file.readUInt16LE(optional) !== 0x20b
  )
    throw new Error('not a PE32+ file');
  const entry = optional + 112 + securityDirectory * 8;
  const offset = file.readUInt32LE(entry);
  const size = file.readUInt32LE(entry + 4);
  if (size === 0) return file;
  if (offset + size !== file.length) throw new Error('the signature is not the end of the file');
  const unsigned = Buffer.from(file.subarray(0, offset));
  unsigned.fill(0, entry, entry + 8);
  return unsigned;
};
