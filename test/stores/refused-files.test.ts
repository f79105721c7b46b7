import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { opensslBundle } from '../../checks/stores/openssl.ts';
import { pemReaders } from '../../checks/stores/pem.ts';
import { asMailServersLoad } from '../../checks/stores/refused-files.ts';
import { pem } from '../helpers/der-writer.ts';
import { lacking } from '../helpers/programs.ts';
import { changedBehind, commonName, lengthOfTbs, rsa, rsaKey } from './damaged-roots.ts';
import { r1, r2, run } from './example-roots.ts';
import { lay, readEntries, temporaryFolder, verdictIn } from './read-store.ts';

describe('openssl agrees on which files are refused', { skip: await lacking('openssl') }, () => {
  const leaf = r1.issue({ name: 'CN=mx.example.org' });
  const key = (type: 'pkcs1' | 'pkcs8', passphrase?: string): string => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const cipher = passphrase === undefined ? {} : { cipher: 'aes-128-cbc', passphrase };
    return privateKey.export({ type, format: 'pem', ...cipher }).toString();
  };
  const garbage = Buffer.from('hello');
  const crl = r1.crl();
  const beside: Readonly<Record<string, string>> = {
    nothing: '',
    'a certificate of another length': pem('CERTIFICATE', lengthOfTbs),
    garbage: pem('CERTIFICATE', garbage),
    'garbage under the older label': pem('X509 CERTIFICATE', garbage),
    'a certificate with something behind it': pem(
      'CERTIFICATE',
      Buffer.concat([r2.der, Buffer.of(1)]),
    ),
    'a month that is none': pem('CERTIFICATE', changedBehind(r2.der, '170d', 4, 0x39)),
    'an identifier that does not end': pem(
      'CERTIFICATE',
      changedBehind(r2.der, commonName, 4, 0x83),
    ),
    'a key that is none': pem('CERTIFICATE', changedBehind(rsa.der, `${rsaKey}0500`, 18, 0x31)),
    'one with trust settings': pem('TRUSTED CERTIFICATE', r2.der),
    'broken trust settings': pem('TRUSTED CERTIFICATE', Buffer.concat([r2.der, garbage])),
    'a CRL': pem('X509 CRL', crl),
    'a broken CRL': pem('X509 CRL', crl.subarray(0, 60)),
    'a private key': key('pkcs8'),
    'an older private key': key('pkcs1'),
    'an encrypted private key': key('pkcs8', 'secret'),
    'an older encrypted private key': key('pkcs1', 'secret'),
    'one whose header is broken': key('pkcs1', 'secret').replace('DEK-Info', 'DEK'),
    'a broken private key': pem('PRIVATE KEY', garbage),
    'a broken older private key': pem('RSA PRIVATE KEY', garbage),
    'a broken private key of elliptic curves': pem('EC PRIVATE KEY', garbage),
    'a broken encrypted private key': pem('ENCRYPTED PRIVATE KEY', garbage),
    'a broken request': pem('CERTIFICATE REQUEST', garbage),
    'an unknown block': pem('SOMETHING', garbage),
    'an unknown block that is not base64': pem('SOMETHING', garbage).replace('a', '!'),
    'an unknown block that is not closed': '-----BEGIN SOMETHING-----\nAAAA\n',
    'a certificate with a header': r2.pem.replace('\n', '\nName: R2\n\n'),
    'a character too many': r2.pem.replace('\n-----END', 'A\n-----END'),
    'one that begins with more in its line': r2.pem.replace('\n', ' R2\n'),
    'one behind a byte order mark': `\ufeff${r2.pem}`,
  };
  for (const [what, content] of Object.entries(beside))
    it(`beside ${what}`, async (t) => {
      const folder = await temporaryFolder(t);
      const path = join(folder, 'roots.pem');
      await lay(folder, { 'leaf.pem': leaf.pem, 'roots.pem': r1.pem + content });
      const store = asMailServersLoad({
        ...opensslBundle({ name: path, path }, pemReaders.openssl),
        mail: 'verifies',
      });
      const verdict = await verdictIn(store, r1.der);
      const options = ['-no-CApath', '-no-CAstore', '-attime', '1748952000', '-CAfile', path];
      const agrees = run('openssl', ['verify', ...options, join(folder, 'leaf.pem')]);
      const isRead = await agrees.then(
        () => true,
        () => false,
      );
      assert.equal(verdict, isRead ? 'ok' : 'root-missing file-refused');
      if (!isRead) assert.ok((await readEntries(store)).problems.length > 0);
    });
});
