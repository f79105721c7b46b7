import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { subjectHash } from '../../checks/stores/subject-name.ts';
import { readPemBundle } from '../../checks/stores/pem.ts';
import { oid, sequence, setOf, tlv } from '../helpers/der-writer.ts';
import { makeCa } from '../helpers/private-ca.ts';
import { lacking } from '../helpers/programs.ts';

const run = promisify(execFile);
const lacksOpenssl = await lacking('openssl');

const attribute = (tag: number, value: string | Uint8Array, type = '2.5.4.3'): Buffer =>
  sequence(oid(type), tlv(tag, typeof value === 'string' ? Buffer.from(value, 'utf8') : value));
const rdn = (...attributes: readonly Buffer[]): Buffer => setOf(...attributes);
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

/** Names that OpenSSL folds, and names that it leaves alone. */
const names: Readonly<Record<string, Buffer>> = {
  empty: sequence(),
  printable: sequence(rdn(attribute(0x13, 'Example Root'))),
  'upper case': sequence(rdn(attribute(0x0c, 'EXAMPLE ROOT'))),
  'white space': sequence(rdn(attribute(0x0c, ' \tExample \n  Root  '))),
  'nothing but spaces': sequence(rdn(attribute(0x0c, '   '))),
  'not ASCII': sequence(rdn(attribute(0x0c, 'Főtanúsítvány ÄÖÜ'))),
  teletex: sequence(rdn(attribute(0x14, Buffer.from('Z\xdcRICH Caf\xe9', 'latin1')))),
  bmp: sequence(rdn(attribute(0x1e, utf16('Ünïcode Root')))),
  'an astral pair in utf-8': sequence(rdn(attribute(0x0c, 'Root \u{1f512}'))),
  ia5: sequence(rdn(attribute(0x16, 'ca@EXAMPLE.org', '1.2.840.113549.1.9.1'))),
  numeric: sequence(rdn(attribute(0x12, '0042 '))),
  'several attributes in one set': sequence(
    rdn(attribute(0x0c, 'zz', '2.5.4.3'), attribute(0x0c, 'B', '2.5.4.10')),
    rdn(attribute(0x13, 'BE', '2.5.4.6')),
  ),
  'a set that folding puts in another order': sequence(
    rdn(attribute(0x0c, 'b'), attribute(0x13, 'AA ')),
  ),
  long: sequence(rdn(attribute(0x0c, 'Long Name '.repeat(60)))),
};

describe('the hash that names a certificate in a folder', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certready-'));
  });
  after(() => rm(folder, { recursive: true }));

  for (const [what, name] of Object.entries(names))
    it(`is OpenSSL's: ${what}`, { skip: lacksOpenssl }, async () => {
      const { der } = makeCa({ name });
      const file = join(folder, `${what.replace(/\W/g, '-')}.der`);
      await writeFile(file, der);
      const { stdout } = await run('openssl', [
        'x509',
        '-inform',
        'DER',
        '-in',
        file,
        '-noout',
        '-subject_hash',
      ]);
      assert.equal(subjectHash(der), stdout.trim());
    });

  it("is the name of every link in this machine's folder", async (t) => {
    const path = '/etc/ssl/certs';
    const links = (await readdir(path).catch(() => [])).filter((name) =>
      /^[0-9a-f]{8}\.\d$/.test(name),
    );
    if (links.length === 0) {
      t.skip('no hash links on this machine');
      return;
    }
    for (const name of links) {
      const { entries } = readPemBundle(await readFile(join(path, name)), name);
      const hashes = entries.map(({ der }) => subjectHash(der));
      assert.ok(hashes.includes(name.slice(0, 8)), `${name}: ${hashes.join(' ')}`);
    }
  });
});
