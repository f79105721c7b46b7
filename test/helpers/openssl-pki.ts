/** A certificate authority made by the openssl command line: keys, certificates, CRLs, OCSP signers. */

import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const opensslConfig = `
[req]
distinguished_name = dn
prompt = no
[dn]
CN = unused
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[inter]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:mx.lab.test
[ocsp]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,OCSPSigning
noCheck = ignored
[ca]
default_ca = inter_ca
[root_ca]
database = root.txt
serial = root.srl
crlnumber = root.crlno
new_certs_dir = .
default_md = sha256
default_days = 3650
default_crl_days = 30
policy = any
certificate = root.crt
private_key = root.key
crl_extensions = crl
[inter_ca]
database = inter.txt
serial = inter.srl
crlnumber = inter.crlno
new_certs_dir = .
default_md = sha256
default_days = 365
default_crl_days = 7
policy = any
certificate = inter.crt
private_key = inter.key
crl_extensions = crl
[crl]
authorityKeyIdentifier = keyid
[any]
commonName = supplied
`;

/** Serials that an openssl database lists as revoked: so many entries, so large a CRL. */
const revokedEntries = (count: number): string =>
  Array.from({ length: count }, (_, index) => {
    const serial = (0x20000 + index).toString(16).toUpperCase().padStart(6, '0');
    return `R\t330101000000Z\t240101000000Z\t${serial}\tunknown\t/CN=revoked ${index}\n`;
  }).join('');

/**
 * Makes a root (`root`), an issuing CA (`inter`), a server certificate for mx.lab.test (`leaf`), an OCSP
 * signer for each CA, and under `www/` their CRLs and certificates as DER.
 */
export const makeOpensslPki = async (
  folder: string,
  options: { revoked?: number } = {},
): Promise<void> => {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  await writeFile(join(folder, 'ca.cnf'), opensslConfig);
  for (const ca of ['root', 'inter']) {
    await writeFile(
      join(folder, `${ca}.txt`),
      ca === 'inter' ? revokedEntries(options.revoked ?? 0) : '',
    );
    await writeFile(join(folder, `${ca}.srl`), '1000\n');
    await writeFile(join(folder, `${ca}.crlno`), '01\n');
  }
  const key = (name: string) =>
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  const request = (name: string, subject: string) =>
    openssl(
      'req',
      '-new',
      '-key',
      `${name}.key`,
      '-subj',
      `/CN=${subject}`,
      '-config',
      'ca.cnf',
      '-out',
      `${name}.csr`,
    );
  const sign = (name: string, ca: string) =>
    openssl(
      'ca',
      '-batch',
      '-notext',
      '-config',
      'ca.cnf',
      '-name',
      ca,
      '-extensions',
      name.split('-')[0] ?? name,
      '-in',
      `${name}.csr`,
      '-out',
      `${name}.crt`,
    );
  await Promise.all(['root', 'inter', 'leaf', 'ocsp-root', 'ocsp-inter'].map(key));
  await openssl(
    'req',
    '-x509',
    '-new',
    '-key',
    'root.key',
    '-subj',
    '/CN=Lab Root R1',
    '-days',
    '3650',
    '-config',
    'ca.cnf',
    '-extensions',
    'root',
    '-out',
    'root.crt',
  );
  await request('inter', 'Lab Issuing CA');
  await sign('inter', 'root_ca');
  await request('leaf', 'mx.lab.test');
  await sign('leaf', 'inter_ca');
  await request('ocsp-root', 'Lab Root OCSP');
  await sign('ocsp-root', 'root_ca');
  await request('ocsp-inter', 'Lab Issuing OCSP');
  await sign('ocsp-inter', 'inter_ca');
  await mkdir(join(folder, 'www'));
  for (const ca of ['root', 'inter']) {
    await openssl(
      'ca',
      '-config',
      'ca.cnf',
      '-name',
      `${ca}_ca`,
      '-gencrl',
      '-out',
      `${ca}.crl.pem`,
    );
    await openssl('crl', '-in', `${ca}.crl.pem`, '-outform', 'DER', '-out', `www/${ca}.crl`);
    await openssl('x509', '-in', `${ca}.crt`, '-outform', 'DER', '-out', `www/${ca}.crt`);
  }
};
