/** Linux executables (ELF, 64 bits, little-endian), without what only a debugger reads. */

const header = { sectionTable: 0x28, sectionSize: 0x3a, sectionCount: 0x3c, namesIndex: 0x3e };
/** Offsets inside an entry of the section table. */
const section = { name: 0, type: 4, flags: 8, offset: 24, size: 32, entry: 64 };
const noBits = 8;
const allocated = 2n;

interface Section {
  /** Its entry of the section table. */
  readonly entry: Buffer;
  readonly name: string;
  readonly isLoaded: boolean;
  /** Where its bytes end in the file. */
  readonly end: number;
}

const readSections = (file: Buffer): readonly Section[] => {
  const magic = '7f454c460201';
  if (file.subarray(0, 6).toString('hex') !== magic || file.readUInt16LE(header.sectionSize) !== 64)
    throw new Error('not a 64-bit, little-endian ELF file');
  const table = Number(file.readBigUInt64LE(header.sectionTable));
  const entries = Array.from({ length: file.readUInt16LE(header.sectionCount) }, (_, index) =>
    Buffer.from(file.subarray(table + index * section.entry, table + (index + 1) * section.entry)),
  );
  const names = Number(
    entries[file.readUInt16LE(header.namesIndex)]?.readBigUInt64LE(section.offset),
  );
  return entries.map((entry) => {
    const start = names + entry.readUInt32LE(section.name);
    const offset = Number(entry.readBigUInt64LE(section.offset));
    const bytes =
      entry.readUInt32LE(section.type) === noBits ? 0 : Number(entry.readBigUInt64LE(section.size));
    return {
      entry,
      name: file.toString('latin1', start, file.indexOf(0, start)),
      isLoaded: (entry.readBigUInt64LE(section.flags) & allocated) !== 0n,
      end: offset + bytes,
    };
  });
};

const stringTable = (names: readonly string[]): { bytes: Buffer; offsets: readonly number[] } => {
  let text = '';
  const offsets = names.map((name) => {
    const offset = text.length;
    text += `${name}\0`;
    return offset;
  });
  return { bytes: Buffer.from(text, 'latin1'), offsets };
};

/**
 * As `strip` does it: symbols and debugging sections go. They stand behind all that is loaded, so the file
 * is cut there and gets a shorter table of sections; no offset or index of what stays changes.
 * @throws Error where the file is laid out otherwise
 */
export const stripped = (file: Buffer): Buffer => {
  const sections = readSections(file);
  const kept = [sections[0], ...sections.filter(({ isLoaded }) => isLoaded)].filter(
    (one) => one !== undefined,
  );
  if (kept.some((one, index) => one !== sections[index]))
    throw new Error('a section that is loaded stands behind one that is not');
  const end = Math.max(...kept.map((one) => one.end));
  const names = stringTable([...kept.map(({ name }) => name), '.shstrtab']);
  const own = Buffer.alloc(section.entry);
  own.writeUInt32LE(3, section.type); // SHT_STRTAB
  own.writeBigUInt64LE(BigInt(end), section.offset);
  own.writeBigUInt64LE(BigInt(names.bytes.length), section.size);
  own.writeBigUInt64LE(1n, 48); // alignment
  const entries = [...kept.map(({ entry }) => entry), own];
  for (const [index, entry] of entries.entries())
    entry.writeUInt32LE(names.offsets[index] ?? 0, section.name);
  const padding = Buffer.alloc(-(end + names.bytes.length) & 7);
  const head = Buffer.from(file.subarray(0, end));
  head.writeBigUInt64LE(BigInt(end + names.bytes.length + padding.length), header.sectionTable);
  head.writeUInt16LE(entries.length, header.sectionCount);
  head.writeUInt16LE(entries.length - 1, header.namesIndex);
  return Buffer.concat([head, names.bytes, padding, ...entries]);
};
