/** Profiles: the built-in ones' facts, what a file may say, what it is refused for. */

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it, suite } from 'node:test';
import { stringify } from 'yaml';
import { builtInIds, builtInProfile } from '../../agent/profiles/built-in.ts';
import { profileDocument } from '../../agent/profiles/document.ts';
import { parseProfile } from '../../agent/profiles/parse.ts';
import type { ProfileDocument } from '../../agent/profiles/schema.ts';
import type { Profile } from '../../checks/types.ts';
import { makeCa } from '../helpers/private-ca.ts';
import { runProgram } from '../helpers/program.ts';
import { nameOf } from '../helpers/x509-writer.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certready-profile-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const file = async (content: string | Uint8Array, name = 'profile.yaml'): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

const noFile = (path: string): Promise<Uint8Array> => {
  throw new Error(`reads ${path}`);
};
const parse = (text: string): Promise<Profile> =>
  parseProfile(text, { path: 'profile.yaml', readFile: noFile });

const root = makeCa({ name: 'CN=Test Root' });
const otherRoot = makeCa({ name: 'CN=Other Root' });
const issuing = root.issue({ name: 'CN=Test Issuing', ca: true });
const fingerprint = ({ der }: { der: Uint8Array }): string =>
  new X509Certificate(der).fingerprint256.replaceAll(':', '');

const right = (): ProfileDocument => ({
  id: 'test',
  title: 'A test',
  source: 'https://example.org/announcement',
  effective: '2018-09-03',
  supersededBy: 'test-2',
  replaces: [fingerprint(otherRoot)],
  notes: ['A note.'],
  endpoints: ['crl.example.org', 'ocsp.example.org:8080', '[2001:db8::1]:80'],
  authorities: [
    { id: 'root', name: 'Test Root', root: true, sha256: fingerprint(root), certificate: root.pem },
    { id: 'issuing', name: 'Test Issuing', issuer: 'root', url: 'http://crt.example.org/i.crt' },
  ],
  crls: [{ url: 'http://crl.example.org/root.crl', issuer: 'root' }],
  ocsp: [
    { url: 'http://ocsp.example.org', issuer: 'root', certificate: 'issuing' },
    { url: 'http://ocsp.example.org', issuer: 'issuing', certificate: { serial: '00:0a:BC' } },
  ],
  peer: {
    names: ['*.mail.example.org', 'mail.example.org'],
    organization: 'Example Corporation',
    keyBits: 2048,
    minTlsVersion: 'TLSv1.2',
    forwardSecrecy: true,
  },
});

suite('a profile', () => {
  it('is read from YAML and from JSON alike', async () => {
    const yaml = await parse(stringify(right()));
    assert.deepEqual(await parse(JSON.stringify(right(), null, '\t')), yaml);
    assert.deepEqual(yaml.endpoints, [
      { host: 'crl.example.org', port: 80 },
      { host: 'ocsp.example.org', port: 8080 },
      { host: '2001:db8::1', port: 80 },
    ]);
    assert.deepEqual(yaml.ocsp[1]?.certificate, { serial: '0ABC' });
    assert.deepEqual(yaml.authorities[0]?.der, Uint8Array.from(root.der));
  });

  it('written out again is the same profile', async () => {
    const profile = await parse(stringify(right()));
    assert.deepEqual(await parse(stringify(profileDocument(profile))), profile);
    assert.deepEqual(await parse(JSON.stringify(profileDocument(profile))), profile);
  });

  it('needs an id, a title and one root', async () => {
    const sha256 = fingerprint(root).toLowerCase();
    const profile = await parse(
      `id: least\ntitle: Least\nauthorities: [{ id: r, name: R, root: true, sha256: ${sha256} }]`,
    );
    assert.deepEqual(profile, {
      id: 'least',
      title: 'Least',
      replaces: [],
      notes: [],
      endpoints: [],
      authorities: [{ id: 'r', name: 'R', root: true, sha256: fingerprint(root) }],
      crls: [],
      ocsp: [],
    });
  });

  it('takes hex without quotes, also where it looks like a number', async () => {
    for (const [serial, expected] of [
      ['1000', '1000'],
      ['5E41', '5E41'],
      ['0012345678901234567890', '12345678901234567890'],
    ] as const) {
      const document = right();
      const text = stringify({ ...document, ocsp: [] }).replace(
        'ocsp: []',
        `ocsp: [{ url: http://o.example.org, issuer: root, certificate: { serial: ${serial} } }]`,
      );
      assert.deepEqual((await parse(text)).ocsp[0]?.certificate, { serial: expected });
    }
  });

  it('has certificate files beside it, in PEM, DER or as a chain of one', async () => {
    await file(root.pem, 'root.pem');
    await file(root.der, 'root.crt');
    for (const certificate of ['root.pem', './root.crt', join(folder, 'root.pem')]) {
      const document = right();
      const path = await file(
        stringify({
          ...document,
          authorities: [{ ...document.authorities[0], certificate }, document.authorities[1]],
        }),
      );
      const { status, stdout } = await runProgram(['profile', 'check', path]);
      assert.equal(status, 0);
      assert.ok(stdout.startsWith('OK '));
    }
  });

  it('has an issuer whose name a certificate writes otherwise', async () => {
    const { pem } = root.issue({
      name: 'CN=Test Issuing',
      ca: true,
      rewrite: () => ({ issuer: nameOf('CN=test  ROOT') }),
    });
    const document = right();
    const authorities = [document.authorities[0], { ...document.authorities[1], certificate: pem }];
    const profile = await parse(stringify({ ...document, authorities }));
    assert.ok(profile.authorities[1]?.der);
  });

  it('knows the fingerprint of every certificate that it carries', async () => {
    const document = right();
    const [first] = document.authorities;
    const profile = await parse(
      stringify({
        ...document,
        authorities: [
          { ...first, sha256: undefined },
          { id: 'issuing', name: 'I', issuer: 'root', certificate: issuing.pem },
        ],
      }),
    );
    assert.deepEqual(
      profile.authorities.map(({ sha256 }) => sha256),
      [fingerprint(root), fingerprint(issuing)],
    );
  });
});

type Change = (document: ProfileDocument) => unknown;
const authority =
  (index: number, change: object): Change =>
  (document) => ({
    ...document,
    authorities: document.authorities.map((one, at) =>
      at === index ? { ...one, ...change } : one,
    ),
  });

/** What is changed in a right profile, and the keys that its problems must name, all of them. */
const wrong: Readonly<Record<string, readonly [change: Change, keys: readonly string[]]>> = {
  'an unknown key': [(it) => ({ ...it, endpoint: [] }), ['endpoint']],
  'an unknown key inside': [authority(1, { link: 'x' }), ['authorities[1].link']],
  'no id': [({ id: _id, ...it }) => it, ['id']],
  'an id with a blank': [(it) => ({ ...it, id: 'a b' }), ['id']],
  'a title with an escape': [(it) => ({ ...it, title: 'a\u001b[2Jb' }), ['title']],
  'a title of another type': [(it) => ({ ...it, title: 2018 }), ['title']],
  'a source that is no URL': [(it) => ({ ...it, source: 'MC146001' }), ['source']],
  'a day that is none': [(it) => ({ ...it, effective: '2018-02-30' }), ['effective']],
  'a time for a day': [(it) => ({ ...it, effective: '2018-09-03T00:00:00Z' }), ['effective']],
  'itself as successor': [(it) => ({ ...it, supersededBy: it.id }), ['supersededBy']],
  'a short fingerprint': [(it) => ({ ...it, replaces: ['AB'] }), ['replaces[0]']],
  'its own root replaced': [(it) => ({ ...it, replaces: [fingerprint(root)] }), ['replaces[0]']],
  'an endpoint with a scheme': [(it) => ({ ...it, endpoints: ['http://a.org'] }), ['endpoints[0]']],
  'an endpoint at port 0': [(it) => ({ ...it, endpoints: ['a.org:0'] }), ['endpoints[0]']],
  'an endpoint twice': [(it) => ({ ...it, endpoints: ['a.org', 'A.org:80'] }), ['endpoints[1]']],
  'no authorities': [(it) => ({ ...it, authorities: [] }), ['authorities']],
  'no root': [
    authority(0, { root: false, issuer: 'issuing' }),
    ['authorities', 'authorities[0].issuer', 'authorities[1].issuer'],
  ],
  'root by another word': [authority(0, { root: 'yes' }), ['authorities[0].root']],
  'a root with an issuer': [authority(0, { issuer: 'issuing' }), ['authorities[0].issuer']],
  'a root without a fingerprint': [
    authority(0, { sha256: undefined, certificate: undefined }),
    ['authorities[0].sha256'],
  ],
  'an authority without an issuer': [
    authority(1, { issuer: undefined }),
    ['authorities[1].issuer', 'ocsp[0].certificate'],
  ],
  'an issuer that is not there': [
    authority(1, { issuer: 'toor' }),
    ['authorities[1].issuer', 'ocsp[0].certificate'],
  ],
  'an authority from nowhere': [authority(1, { url: undefined }), ['authorities[1].url']],
  'an authority that issued itself': [
    authority(1, { issuer: 'issuing' }),
    ['authorities[1].issuer', 'ocsp[0].certificate'],
  ],
  'an id twice': [
    authority(1, { id: 'root' }),
    ['authorities[1].id', 'ocsp[0].certificate', 'ocsp[1].issuer'],
  ],
  'a URL by ldap': [authority(1, { url: 'ldap://a.org/x' }), ['authorities[1].url']],
  'a URL with a password': [authority(1, { url: 'http://u:p@a.org/' }), ['authorities[1].url']],
  'a URL with a line in it': [authority(1, { url: 'http://a.org/\nx' }), ['authorities[1].url']],
  'another fingerprint': [authority(0, { sha256: 'A'.repeat(64) }), ['authorities[0].sha256']],
  'a broken certificate': [
    authority(0, { certificate: root.pem.replace(/M/g, 'N') }),
    ['authorities[0].certificate'],
  ],
  'two certificates': [
    authority(0, { certificate: root.pem + otherRoot.pem }),
    ['authorities[0].certificate'],
  ],
  "another root's certificate": [
    authority(0, { certificate: otherRoot.pem }),
    ['authorities[0].sha256', 'replaces[0]'],
  ],
  'an intermediate as root': [
    authority(0, { certificate: issuing.pem, sha256: undefined }),
    ['authorities[0].certificate'],
  ],
  "another issuer's certificate": [
    authority(1, { certificate: otherRoot.issue({ name: 'CN=Test Issuing', ca: true }).pem }),
    ['authorities[1].certificate'],
  ],
  'a certificate file that is not there': [
    authority(0, { certificate: 'nowhere.pem' }),
    ['authorities[0].certificate'],
  ],
  'a CRL of nobody': [
    (it) => ({ ...it, crls: [{ url: 'http://a.org/x.crl', issuer: 'nobody' }] }),
    ['crls[0].issuer'],
  ],
  'a CRL twice': [
    (it) => ({ ...it, crls: [...(it.crls ?? []), ...(it.crls ?? [])] }),
    ['crls[1].url'],
  ],
  'an OCSP question about a root': [
    (it) => ({ ...it, ocsp: [{ url: 'http://a.org', issuer: 'root', certificate: 'root' }] }),
    ['ocsp[0].certificate'],
  ],
  'a serial that is no hex': [
    (it) => ({
      ...it,
      ocsp: [{ url: 'http://a.org', issuer: 'root', certificate: { serial: 'xyz' } }],
    }),
    ['ocsp[0].certificate.serial'],
  ],
  'a serial as a list': [
    (it) => ({ ...it, ocsp: [{ url: 'http://a.org', issuer: 'root', certificate: ['AB'] }] }),
    ['ocsp[0].certificate'],
  ],
  'a peer without names': [(it) => ({ ...it, peer: { keyBits: 2048 } }), ['peer.names']],
  'a peer of few bits': [
    (it) => ({ ...it, peer: { ...it.peer, keyBits: 12.5 } }),
    ['peer.keyBits'],
  ],
  'another TLS version': [
    (it) => ({ ...it, peer: { ...it.peer, minTlsVersion: 'TLS1.2' } }),
    ['peer.minTlsVersion'],
  ],
  'everything at once': [
    (it) => ({
      ...(authority(0, { sha256: 'B'.repeat(64), colour: 'red' })(it) as object),
      title: '',
      endpoints: ['a b'],
      crls: [{ url: 'ftp://a.org', issuer: 'nobody' }],
    }),
    [
      'authorities[0].sha256',
      'authorities[0].colour',
      'title',
      'endpoints[0]',
      'crls[0].url',
      'crls[0].issuer',
    ],
  ],
};

suite('a wrong profile', () => {
  for (const [name, [change, keys]] of Object.entries(wrong))
    it(name, async () => {
      const path = await file(stringify(change(right())));
      const { status, code, stdout, stderr } = await runProgram(['profile', 'check', path]);
      assert.deepEqual([status, code, stdout], [3, 'profile-invalid', '']);
      const named = stderr
        .trimEnd()
        .split('\n')
        .map((line) => {
          assert.ok(line.startsWith(`certready: ${path}: `), line);
          return line.slice(`certready: ${path}: `.length).split(': ')[0];
        });
      assert.deepEqual(named.toSorted(), [...keys].sort());
    });

  it('stops a run as well', async () => {
    const path = await file(stringify({ ...right(), id: '' }));
    const { status, code } = await runProgram(['--once', '--profile', path]);
    assert.deepEqual([status, code], [3, 'profile-invalid']);
  });

  it('two of one id stop a run', async () => {
    const first = await file(stringify(right()), 'first.yaml');
    const second = await file(stringify(right()), 'second.yaml');
    const { code } = await runProgram(['--once', '-p', first, '-p', second]);
    assert.equal(code, 'profile-invalid');
  });
});

/** Computed from the certificates themselves and from the stores' histories. */
const facts = {
  'exchange-online-globalsign-r1': {
    roots: ['EBD41040E4BB3EC742C9E381D31EF2A41A48B6685C96E7CEF3C1DF6CD4331C99'],
    replaces: ['16AF57A9F676B0AB126095AA5EBADEF22AB31119D644AC95CD4B93DBF3F26AEB'],
    effective: '2018-09-03',
    supersededBy: 'exchange-online-digicert-g2',
  },
  'exchange-online-baltimore': {
    roots: ['16AF57A9F676B0AB126095AA5EBADEF22AB31119D644AC95CD4B93DBF3F26AEB'],
    replaces: [],
    effective: undefined,
    supersededBy: 'exchange-online-globalsign-r1',
  },
  'exchange-online-digicert-g2': {
    roots: ['CB3CCBB76031E5E0138F8DD39A23F9DE47FFC35E43C1144CEA27D46A5AB1CB5F'],
    replaces: ['4348A0E9444C78CB265E058D5E8944B4D84F9662BD26DB257F8934A443C70161'],
    effective: '2026-03-22',
    supersededBy: undefined,
  },
};

suite('the built-in profiles', () => {
  for (const id of builtInIds)
    it(`${id}: its roots, its day, what came before and after`, async () => {
      const profile = await builtInProfile(id);
      const { roots, ...others } = facts[id];
      const ders = profile.authorities.flatMap(({ root: isRoot, der }) =>
        isRoot && der ? [der] : [],
      );
      assert.equal(profile.id, id);
      assert.deepEqual(
        ders.map((der) => fingerprint({ der })),
        roots,
      );
      const { replaces, effective, supersededBy } = profile;
      assert.deepEqual({ replaces, effective, supersededBy }, others);
      assert.deepEqual(profile.peer?.names, ['mail.protection.outlook.com']);
    });

  it('the first asks what the certificates state, and says what the list of hosts lacks', async () => {
    const profile = await builtInProfile('exchange-online-globalsign-r1');
    assert.deepEqual(
      profile.endpoints.map(({ host, port }) => `${host}:${port}`),
      ['ocsp.globalsign.com:80', 'crl.globalsign.com:80', 'secure.globalsign.com:80'],
    );
    assert.deepEqual(profile.crls, [
      { url: 'http://crl.globalsign.com/root.crl', issuer: 'r1' },
      { url: 'http://crl.globalsign.com/gsorganizationvalsha2g3.crl', issuer: 'ov-sha256-g3' },
    ]);
    assert.deepEqual(profile.ocsp, [
      {
        url: 'http://ocsp.globalsign.com/rootr1',
        issuer: 'r1',
        certificate: { authority: 'ov-sha256-g3' },
      },
      {
        url: 'http://ocsp2.globalsign.com/gsorganizationvalsha2g3',
        issuer: 'ov-sha256-g3',
        certificate: { serial: '5E4EC14B86EA4AB68BFFFAF9' },
      },
    ]);
    const intermediate = profile.authorities.find(({ id }) => id === 'ov-sha256-g3');
    assert.ok(intermediate?.der);
    assert.match(new X509Certificate(intermediate.der).validTo, /^Sep {2}4 00:00:00 2025/);
    assert.ok(profile.notes.some((note) => note.includes('ocsp2.globalsign.com')));
  });

  it('are listed, an id first in each row', async () => {
    const { status, stdout } = await runProgram(['profile', 'list']);
    assert.equal(status, 0);
    assert.deepEqual(
      stdout
        .trimEnd()
        .split('\n')
        .map((row) => row.split(/\s/)[0]),
      [...builtInIds],
    );
  });

  for (const id of builtInIds) {
    it(`${id} is shown as text that names every address`, async () => {
      const { status, stdout } = await runProgram(['profile', 'show', id]);
      const { crls, ocsp } = await builtInProfile(id);
      assert.equal(status, 0);
      for (const { url } of [...crls, ...ocsp]) assert.ok(stdout.includes(url), url);
      for (const row of stdout.split('\n').filter((text) => !text.includes('://')))
        assert.ok(row.length <= 80, row);
    });

    it(`${id} is shown as JSON that is the same profile`, async () => {
      const { stdout } = await runProgram(['profile', 'show', id, '--json']);
      assert.deepEqual(await parse(stdout), await builtInProfile(id));
    });

    it(`${id} gives its root for a trust store`, async () => {
      const { stdout } = await runProgram(['profile', 'show', id, '--pem']);
      assert.equal(fingerprint({ der: new X509Certificate(stdout).raw }), facts[id].roots[0]);
    });
  }

  it('writes the root that a command asks for to a file, and names the roots there are', async () => {
    const [id] = builtInIds;
    const path = join(folder, 'root.pem');
    const asked = ['profile', 'show', id, '--pem', '--authority', 'r1', '-o', path];
    const shown = await runProgram(asked);
    assert.deepEqual([shown.status, shown.stdout], [0, '']);
    const der = new X509Certificate(await readFile(path)).raw;
    assert.equal(fingerprint({ der }), facts[id].roots[0]);
    for (const wrong of [
      ['--pem', '--authority', 'r2'],
      ['--authority', 'r1'],
    ]) {
      const { status, code } = await runProgram(['profile', 'show', id, ...wrong]);
      assert.deepEqual([status, code], [3, 'usage']);
    }
  });

  it('gives of several roots those whose certificates the profile has, or the one that is asked for', async () => {
    const pem = (text: string): string => JSON.stringify(text);
    const other = makeCa({ name: 'CN=Other' });
    const path = await file(
      `id: x\ntitle: X\nauthorities:\n  - { id: r, name: R, root: true, certificate: ${pem(root.pem)} }\n  - { id: s, name: S, root: true, sha256: ${'AB'.repeat(32)} }\n  - { id: o, name: O, root: true, certificate: ${pem(other.pem)} }`,
    );
    const all = await runProgram(['profile', 'show', path, '--pem']);
    assert.equal(all.stdout.match(/BEGIN/g)?.length, 2);
    const one = await runProgram(['profile', 'show', path, '--pem', '--authority', 'o']);
    assert.equal(fingerprint({ der: new X509Certificate(one.stdout).raw }), fingerprint(other));
  });

  it('a root without its certificate cannot be given', async () => {
    const sha256 = fingerprint(root);
    const path = await file(
      `id: x\ntitle: X\nauthorities: [{ id: r, name: R, root: true, sha256: ${sha256} }]`,
    );
    const { status, code } = await runProgram(['profile', 'show', path, '--pem']);
    assert.deepEqual([status, code], [3, 'certificate-invalid']);
  });
});
