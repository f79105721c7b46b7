import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { knownRoots } from '../../agent/profiles/known-roots.ts';
import { fingerprint256 } from '../../checks/pki/certificate.ts';
import type { Profile } from '../../checks/types.ts';
import { makeCa } from '../helpers/private-ca.ts';

describe('known roots', () => {
  it('are those of the built-in profiles and of the run’s own', async () => {
    const root = makeCa({ name: 'Own Root' });
    const profile: Profile = {
      id: 'own',
      title: 'Own',
      replaces: [],
      notes: [],
      endpoints: [],
      authorities: [
        {
          id: 'root',
          name: 'Own Root',
          root: true,
          sha256: fingerprint256(root.der),
          der: root.der,
        },
        { id: 'ca', name: 'CA', root: false, issuer: 'root', url: 'http://ca.example.com/ca.crt' },
      ],
      crls: [],
      ocsp: [],
    };
    const found = (await knownRoots([profile])).map(fingerprint256);
    assert.equal(found[0], fingerprint256(root.der));
    // GlobalSign R1, DigiCert G2, Baltimore: Node has let the first and the last go
    for (const sha256 of [
      'EBD41040E4BB3EC742C9E381D31EF2A41A48B6685C96E7CEF3C1DF6CD4331C99',
      'CB3CCBB76031E5E0138F8DD39A23F9DE47FFC35E43C1144CEA27D46A5AB1CB5F',
      '16AF57A9F676B0AB126095AA5EBADEF22AB31119D644AC95CD4B93DBF3F26AEB',
    ])
      assert.ok(found.includes(sha256), sha256);
    assert.equal(found.length, 4);
  });
});
