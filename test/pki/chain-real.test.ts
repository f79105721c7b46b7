import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { rootCertificates } from 'node:tls';
import { type Certificate, parseCertificate } from '../../checks/pki/certificate.ts';
import { readCertificates } from '../../checks/pki/certificates-file.ts';
import { type ChainOptions, buildPaths } from '../../checks/pki/chain.ts';
import { matchServerName } from '../../checks/pki/server-name.ts';

const data = new URL('../../../shared/data/', import.meta.url);
const noData = existsSync(data) ? false : 'needs the shared real data';

const read = async (path: string): Promise<Certificate> => {
  const { certificates } = await readCertificates(readFileSync(new URL(path, data)));
  const [der] = certificates;
  assert.ok(der);
  return parseCertificate(der);
};
const reasons = (leaf: Certificate, options: ChainOptions) =>
  buildPaths(leaf, options).path.problems.map(({ reason }) => reason);

describe('real chains', { skip: noData }, () => {
  const exchange = 'chains/mail.protection.outlook.com-2021';
  const cases: readonly [at: string, expected: readonly string[]][] = [
    ['2022-03-01', []],
    ['2021-10-31', ['not-yet-valid']],
    ['2022-11-01', ['expired']],
  ];
  for (const [at, expected] of cases)
    it(`Exchange Online’s certificate of 2021 on ${at}: ${expected.join() || 'trusted'}`, async () => {
      const leaf = await read(`${exchange}/leaf.pem`);
      const intermediates = [await read(`${exchange}/intermediate.der`)];
      const anchors = [await read('roots/digicert-global-root-ca.pem')];
      assert.deepEqual(reasons(leaf, { intermediates, anchors, at: new Date(at) }), expected);
    });

  it('Exchange Online’s certificate speaks for tenants’ hosts', async () => {
    const leaf = await read(`${exchange}/leaf.pem`);
    assert.equal(matchServerName(leaf, 'contoso-com.mail.protection.outlook.com'), 'matches');
    assert.equal(matchServerName(leaf, 'mail.protection.outlook.com'), 'matches');
    assert.equal(matchServerName(leaf, 'a.b.mail.protection.outlook.com'), 'mismatch');
  });

  it('a precertificate is refused, whatever else is right', async () => {
    const leaf = await read('chains/ov-g3-azure-2021/5615310882.crt.pem');
    const intermediates = [await read('intermediates/globalsign-ov-sha256-g3--by-r1.pem')];
    const anchors = [await read('roots/globalsign-r1.pem')];
    const at = new Date('2022-01-14T02:00:00Z');
    assert.deepEqual(reasons(leaf, { intermediates, anchors, at }), ['precertificate']);
  });

  const authorities: readonly [file: string, root: string][] = [
    ['digicert-cloud-services-ca-1--by-digicert-global-root-ca', 'digicert-global-root-ca'],
    ['globalsign-atlas-r1-ev-tls-ca-2023--by-r1', 'globalsign-r1'],
    ['globalsign-dv-sha256-g2--by-r1', 'globalsign-r1'],
    ['globalsign-dv-sha256-g3--by-r1', 'globalsign-r1'],
    ['globalsign-ov-sha256-g2--by-r1', 'globalsign-r1'],
    ['globalsign-ov-sha256-g3--by-r1', 'globalsign-r1'],
    ['globalsign-ev-sha256-g3--by-r3', 'globalsign-r3'],
    ['globalsign-rsa-ov-ssl-ca-2018--by-r3', 'globalsign-r3'],
  ];
  for (const [file, root] of authorities)
    it(`${file} is a CA under its root and no other`, async () => {
      const authority = await read(`intermediates/${file}.pem`);
      const at = new Date((authority.notBefore.getTime() + authority.notAfter.getTime()) / 2);
      const anchor = await read(`roots/${root}.pem`);
      const other = await read('roots/baltimore-cybertrust-root.pem');
      const options = { intermediates: [], at, purpose: 'ca' as const };
      assert.deepEqual(reasons(authority, { ...options, anchors: [anchor] }), []);
      assert.deepEqual(reasons(authority, { ...options, anchors: [other] }), ['issuer-missing']);
    });
});

describe('the roots that Node carries', () => {
  it('can all be read', async () => {
    const file = await readCertificates(Buffer.from(rootCertificates.join('\n')));
    assert.equal(file.certificates.length, rootCertificates.length);
    assert.deepEqual(file.problems, []);
  });
});
