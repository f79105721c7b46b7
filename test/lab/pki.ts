/** The lab's certificate authority, its mail host's certificate, and a stranger who inspects TLS. */

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeOpensslPki } from '../helpers/openssl-pki.ts';

const run = promisify(execFile);

const mailExtensions = `
[mail]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:mx.lab.test
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
authorityInfoAccess = caIssuers;URI:http://secure.lab.test/inter.crt,OCSP;URI:http://ocsp.lab.test/inter
crlDistributionPoints = URI:http://crl.lab.test/inter.crl
[inspected]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:mx.lab.test
`;

/**
 * Makes what makeOpensslPki makes, and `mail` (signed by `inter`), `stranger` (a self-signed CA) with its CRL
 * under `www/`, and `inspected` (the mail host's name, signed by the stranger).
 */
export const makeLabPki = async (folder: string, revoked: number): Promise<void> => {
  await makeOpensslPki(folder, { revoked });
  await writeFile(join(folder, 'mail.cnf'), mailExtensions);
  const openssl = (...words: string[]) => run('openssl', words, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const request = (name: string, subject: string): Promise<unknown> =>
    openssl(
      ...['req', '-new', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`],
      ...['-config', 'ca.cnf', '-subj', subject],
    );
  await openssl(
    ...['req', '-x509', ...newKey, '-keyout', 'stranger.key', '-out', 'stranger.crt'],
    ...['-config', 'ca.cnf', '-subj', '/O=Office/CN=Office Inspection CA', '-days', '365'],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-addext', 'subjectKeyIdentifier=hash'],
  );
  await Promise.all([request('mail', '/CN=Mail'), request('inspected', '/CN=mx.lab.test')]);
  await openssl(
    ...['ca', '-batch', '-notext', '-config', 'ca.cnf', '-name', 'inter_ca'],
    ...['-extfile', 'mail.cnf', '-extensions', 'mail', '-in', 'mail.csr', '-out', 'mail.crt'],
  );
  await openssl(
    ...['x509', '-req', '-in', 'inspected.csr', '-out', 'inspected.crt', '-days', '90'],
    ...['-CA', 'stranger.crt', '-CAkey', 'stranger.key', '-set_serial', '7'],
    ...['-extfile', 'mail.cnf', '-extensions', 'inspected'],
  );
  const stranger = ['-cert', 'stranger.crt', '-keyfile', 'stranger.key'];
  await openssl(
    ...['ca', '-config', 'ca.cnf', '-name', 'root_ca', '-gencrl', ...stranger],
    ...['-out', 'stranger.crl.pem'],
  );
  await openssl(
    ...['crl', '-in', 'stranger.crl.pem', '-outform', 'DER', '-out', 'www/stranger.crl'],
  );
};
