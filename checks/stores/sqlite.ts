/**
 * Rows of one table of an SQLite 3 database, read-only and without a library
 * (https://www.sqlite.org/fileformat2.html, sections 1 and 2). NSS keeps certificates in such a file.
 */

export class SqliteError extends Error {
  override readonly name = 'SqliteError';
}

export type SqliteValue = null | number | bigint | string | Buffer;
export type SqliteRow = ReadonlyMap<string, SqliteValue>;

const maxPayload = 1024 * 1024;
const maxRows = 200_000;

const pageTypes = { interiorTable: 0x05, leafTable: 0x0d } as const;

/** A variable-length integer (1.6) and the offset behind it. Values beyond 2^53 do not occur in what is read. */
const readVarint = (bytes: Buffer, at: number): readonly [value: number, next: number] => {
  let value = 0n;
  for (let n = 0; n < 9; n++) {
    const byte = bytes.readUInt8(at + n);
    if (n === 8) return [Number((value << 8n) | BigInt(byte)), at + 9];
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) return [Number(value), at + n + 1];
  }
  throw new SqliteError('no such integer');
};

const integerBytes = [0, 1, 2, 3, 4, 6, 8, 0, 0, 0] as const;

/** The value of a serial type (2.1) and its length. */
const readValue = (record: Buffer, at: number, type: number): readonly [SqliteValue, number] => {
  if (type === 0) return [null, 0];
  if (type === 8 || type === 9) return [type - 8, 0];
  if (type === 7) return [record.readDoubleBE(at), 8];
  if (type === 6) return [record.readBigInt64BE(at), 8];
  if (type < 6) {
    const length = integerBytes[type] ?? 0;
    return [record.readIntBE(at, length), length];
  }
  if (type < 12) throw new SqliteError(`value of type ${type}`);
  const length = Math.floor((type - 12) / 2);
  const bytes = record.subarray(at, at + length);
  if (bytes.length !== length) throw new SqliteError('value cut short');
  return [type % 2 === 0 ? bytes : bytes.toString('utf8'), length];
};

const readRecord = (record: Buffer): SqliteValue[] => {
  const [headerEnd, first] = readVarint(record, 0);
  const values: SqliteValue[] = [];
  let body = headerEnd;
  for (let at = first; at < headerEnd;) {
    const [type, next] = readVarint(record, at);
    const [value, length] = readValue(record, body, type);
    values.push(value);
    body += length;
    at = next;
  }
  return values;
};

class Database {
  private readonly bytes: Buffer;
  private readonly pageSize: number;
  private readonly usable: number;

  constructor(bytes: Buffer) {
    if (bytes.length < 512 || bytes.toString('latin1', 0, 16) !== 'SQLite format 3\0')
      throw new SqliteError('not an SQLite 3 database');
    const written = bytes.readUInt16BE(16);
    this.bytes = bytes;
    this.pageSize = written === 1 ? 65_536 : written;
    this.usable = this.pageSize - bytes.readUInt8(20);
    if (this.pageSize < 512 || this.usable < 480) throw new SqliteError('no such page size');
    // In write-ahead mode the newest rows stand in another file
    if (bytes.readUInt8(19) !== 1) throw new SqliteError('written in write-ahead mode');
    if (bytes.readUInt32BE(56) > 1) throw new SqliteError('its text is not UTF-8');
  }

  private page(number: number): Buffer {
    const start = (number - 1) * this.pageSize;
    if (number < 1 || start + this.pageSize > this.bytes.length)
      throw new SqliteError(`page ${number} is not in the file`);
    return this.bytes.subarray(start, start + this.pageSize);
  }

  /** The payload of a leaf's cell, with what overflows onto other pages (1.6, 1.7). */
  private payload(page: Buffer, cell: number): Buffer {
    const [length, afterLength] = readVarint(page, cell);
    if (length > maxPayload) throw new SqliteError(`row of ${length} bytes`);
    const [, start] = readVarint(page, afterLength);
    const most = this.usable - 35;
    if (length <= most) return page.subarray(start, start + length);
    const least = Math.floor(((this.usable - 12) * 32) / 255) - 23;
    const fitting = least + ((length - least) % (this.usable - 4));
    const local = fitting <= most ? fitting : least;
    const parts = [page.subarray(start, start + local)];
    let next = page.readUInt32BE(start + local);
    for (let left = length - local; left > 0;) {
      const overflow = this.page(next);
      const part = overflow.subarray(4, 4 + Math.min(left, this.usable - 4));
      parts.push(part);
      left -= part.length;
      next = overflow.readUInt32BE(0);
    }
    return Buffer.concat(parts);
  }

  /** Every row of the table whose b-tree begins at `root`. */
  *rows(root: number): Generator<SqliteValue[]> {
    const waiting = [root];
    const seen = new Set<number>();
    let count = 0;
    for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
      if (seen.has(number)) throw new SqliteError(`page ${number} twice`);
      seen.add(number);
      const page = this.page(number);
      const header = number === 1 ? 100 : 0;
      const type = page.readUInt8(header);
      const isLeaf = type === pageTypes.leafTable;
      if (!isLeaf && type !== pageTypes.interiorTable)
        throw new SqliteError(`page ${number} is of another kind`);
      const cells = page.readUInt16BE(header + 3);
      for (let n = 0; n < cells; n++) {
        const cell = page.readUInt16BE(header + (isLeaf ? 8 : 12) + 2 * n);
        if (!isLeaf) waiting.push(page.readUInt32BE(cell));
        else if (++count > maxRows) throw new SqliteError(`more than ${maxRows} rows`);
        else yield readRecord(this.payload(page, cell));
      }
      if (!isLeaf) waiting.push(page.readUInt32BE(header + 8));
    }
  }
}

/** Column names of a CREATE TABLE whose columns have no types with brackets, as NSS writes it. */
const columnNames = (sql: string): string[] => {
  const list = /\(([^()]*)\)/.exec(sql)?.[1] ?? '';
  return list.split(',').map((column) => column.trim().split(/\s/)[0] ?? '');
};

const inTable = (database: Database, table: string): SqliteRow[] => {
  for (const [type, name, , root, sql] of database.rows(1)) {
    if (type !== 'table' || name !== table || typeof root !== 'number') continue;
    const columns = columnNames(typeof sql === 'string' ? sql : '');
    return Array.from(
      database.rows(root),
      (values) => new Map(values.map((value, index) => [columns[index] ?? '', value])),
    );
  }
  throw new SqliteError(`it has no table ${table}`);
};

/** All rows of a table, by column. @throws SqliteError for anything that is not such a database */
export const readTable = (bytes: Buffer, table: string): SqliteRow[] => {
  try {
    return inTable(new Database(bytes), table);
  } catch (error) {
    // What Buffer's readers say of an offset beyond the page
    if (error instanceof RangeError) throw new SqliteError('it is damaged');
    throw error;
  }
};
