/** `profile derive`: from certificates to a profile that asks for all that they name. */

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it, suite } from 'node:test';
import { parseProfile } from '../../agent/profiles/parse.ts';
import type { Profile } from '../../checks/types.ts';
import { makeCa } from '../helpers/private-ca.ts';
import { runProgram } from '../helpers/program.ts';
import {
  authorityInfoAccess,
  crlDistributionPoints,
  dnsName,
  emailName,
  subjectAltName,
} from '../helpers/x509-writer.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certready-derive-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const file = async (content: string | Uint8Array, name: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

const parse = (text: string): Promise<Profile> =>
  parseProfile(text, {
    path: 'derived',
    readFile: (path) => {
      throw new Error(`reads ${path}`);
    },
  });

const root = makeCa({ name: 'CN=Test Root R1, O=Test' });
const issuing = root.issue({
  name: 'CN=Test Issuing CA',
  ca: true,
  extensions: [
    crlDistributionPoints({
      uris: ['http://crl.example.org/root.crl', 'ldap://ldap.example.org/x'],
    }),
    authorityInfoAccess({ ocsp: ['http://ocsp.example.org/root'] }),
  ],
});
const leaf = issuing.issue({
  name: 'O=Example Corporation, CN=mx.example.org',
  serial: 0x12345678n,
  key: 'rsa',
  extensions: [
    subjectAltName(dnsName('mx.example.org'), dnsName('*.mx.example.org'), emailName('x@y.org')),
    crlDistributionPoints({ uris: ['http://crl.example.org:8080/issuing.crl'] }),
    authorityInfoAccess({
      ocsp: ['http://ocsp.example.org/issuing'],
      caIssuers: ['http://crt.example.org/issuing.crt'],
    }),
  ],
});

const expected: Pick<Profile, 'endpoints' | 'crls' | 'ocsp' | 'peer'> = {
  endpoints: [
    { host: 'crl.example.org', port: 80 },
    { host: 'crl.example.org', port: 8080 },
    { host: 'crt.example.org', port: 80 },
    { host: 'ocsp.example.org', port: 80 },
  ],
  crls: [
    { url: 'http://crl.example.org/root.crl', issuer: 'test-root-r1' },
    { url: 'http://crl.example.org:8080/issuing.crl', issuer: 'test-issuing-ca' },
  ],
  ocsp: [
    {
      url: 'http://ocsp.example.org/issuing',
      issuer: 'test-issuing-ca',
      certificate: { serial: '12345678' },
    },
    {
      url: 'http://ocsp.example.org/root',
      issuer: 'test-root-r1',
      certificate: { authority: 'test-issuing-ca' },
    },
  ],
  peer: {
    names: ['mx.example.org', '*.mx.example.org'],
    organization: 'Example Corporation',
    keyBits: 2048,
    minTlsVersion: 'TLSv1.2',
    forwardSecrecy: true,
  },
};

const sorted = (profile: Pick<Profile, 'endpoints' | 'crls' | 'ocsp' | 'peer'>) => {
  const byText = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  return {
    endpoints: profile.endpoints.toSorted(byText),
    crls: profile.crls.toSorted(byText),
    ocsp: profile.ocsp.toSorted(byText),
    peer: profile.peer,
  };
};

suite('a derived profile', () => {
  const orders = {
    'one file, leaf first': [leaf.pem + issuing.pem + root.pem],
    'one file, root first, one of them twice': [root.pem + issuing.pem + leaf.pem + root.pem],
    'a file each, some of them DER': [issuing.der, leaf.pem, root.der],
  };
  for (const [name, contents] of Object.entries(orders))
    it(`asks for all that the certificates name: ${name}`, async () => {
      const paths = await Promise.all(
        contents.map((content, index) => file(content, `${index}.pem`)),
      );
      const { status, stdout } = await runProgram(['profile', 'derive', ...paths]);
      assert.equal(status, 0);
      const profile = await parse(stdout);
      assert.deepEqual(sorted(profile), sorted(expected));
      const authorities = profile.authorities.toSorted((a) => (a.root ? 1 : -1));
      assert.deepEqual(
        authorities.map(({ id, root: isRoot, issuer, url }) => ({ id, isRoot, issuer, url })),
        [
          {
            id: 'test-issuing-ca',
            isRoot: false,
            issuer: 'test-root-r1',
            url: 'http://crt.example.org/issuing.crt',
          },
          { id: 'test-root-r1', isRoot: true, issuer: undefined, url: undefined },
        ],
      );
      assert.deepEqual(
        authorities.map(({ der }) => der),
        [Uint8Array.from(issuing.der), Uint8Array.from(root.der)],
      );
    });

  it('may be of authorities alone', async () => {
    const path = await file(issuing.pem + root.pem, 'authorities.pem');
    const { stdout } = await runProgram([
      'profile',
      'derive',
      path,
      '--id',
      'own',
      '--title',
      'Own',
    ]);
    const { id, title, peer } = await parse(stdout);
    assert.deepEqual({ id, title, peer }, { id: 'own', title: 'Own', peer: undefined });
  });

  it('names no bits for a key whose curve is spelled out', async () => {
    const { publicKey } = generateKeyPairSync('ec', {
      namedCurve: 'prime256v1',
      paramEncoding: 'explicit',
    });
    const odd = issuing.issue({
      name: 'CN=odd.example.org',
      extensions: [subjectAltName(dnsName('odd.example.org'))],
      rewrite: () => ({ publicKey: publicKey.export({ format: 'der', type: 'spki' }) }),
    });
    const path = await file(odd.pem + issuing.pem + root.pem, 'odd.pem');
    const { status, stdout } = await runProgram(['profile', 'derive', path]);
    assert.equal(status, 0);
    const { peer } = await parse(stdout);
    assert.deepEqual([peer?.names, peer?.keyBits], [['odd.example.org'], undefined]);
  });

  it('tells authorities of one name apart', async () => {
    const second = root.issue({ name: 'CN=Test Issuing CA', ca: true });
    const path = await file(issuing.pem + second.pem + root.pem, 'same.pem');
    const { stdout } = await runProgram(['profile', 'derive', path]);
    const ids = (await parse(stdout)).authorities.map(({ id }) => id);
    assert.deepEqual(ids, ['test-issuing-ca', 'test-issuing-ca-2', 'test-root-r1']);
  });

  const lookalike = makeCa({ name: 'CN=Test Root R1, O=Test' });
  const wrong = {
    'without its root': leaf.pem + issuing.pem,
    "under a look-alike's signature": leaf.pem + issuing.pem + lookalike.pem,
    'of two leaves': leaf.pem + issuing.issue({ name: 'CN=other' }).pem + issuing.pem + root.pem,
    'of no certificate': 'nothing here',
    'of a broken one': root.pem.replace(/M/g, 'N'),
  };
  for (const [name, content] of Object.entries(wrong))
    it(`is refused ${name}`, async () => {
      const { status, code, stdout, stderr } = await runProgram([
        ...['profile', 'derive'],
        await file(content, 'wrong.pem'),
      ]);
      assert.deepEqual([status, code, stdout], [3, 'certificate-invalid', '']);
      assert.match(stderr, /^certready: [^\n]+\n$/);
    });

  it('is refused with an id that is none', async () => {
    const path = await file(root.pem, 'root.pem');
    const { status, code } = await runProgram(['profile', 'derive', '--id', 'a b', path]);
    assert.deepEqual([status, code], [3, 'profile-invalid']);
  });
});

const chains = new URL('../../../shared/data/chains/', import.meta.url).pathname;

suite("a real mail host's chain", { skip: !existsSync(chains) && 'needs the shared data' }, () => {
  it('gives what its certificates state', async () => {
    const parts = ['leaf', 'intermediate', 'root'].map(
      (part) => `${chains}mail.protection.outlook.com-2021/${part}.pem`,
    );
    const profile = await parse((await runProgram(['profile', 'derive', ...parts])).stdout);
    assert.ok(profile.peer);
    assert.ok(profile.peer.names.includes('mail.protection.outlook.com'));
    assert.equal(profile.peer.organization, 'Microsoft Corporation');
    assert.deepEqual(profile.crls.map(({ url }) => url).sort(), [
      'http://crl3.digicert.com/DigiCertCloudServicesCA-1-g1.crl',
      'http://crl3.digicert.com/DigiCertGlobalRootCA.crl',
      'http://crl4.digicert.com/DigiCertCloudServicesCA-1-g1.crl',
      'http://crl4.digicert.com/DigiCertGlobalRootCA.crl',
    ]);
    assert.ok(
      profile.ocsp.some(
        ({ certificate }) =>
          'serial' in certificate && certificate.serial === '09116131001D329680E3FE28F437212C',
      ),
    );
    assert.equal(
      profile.authorities.find(({ root: isRoot }) => isRoot)?.sha256,
      '4348A0E9444C78CB265E058D5E8944B4D84F9662BD26DB257F8934A443C70161',
    );
  });
});
