import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCertificate } from '../../../checks/pki/certificate.ts';
import { DerError } from '../../../checks/pki/der.ts';
import { oids } from '../../../checks/pki/oids.ts';
import { UnsupportedAlgorithm } from '../../../checks/pki/signature.ts';
import { readSignedTrustList } from '../../../checks/stores/windows/trust-list.ts';
import { makeCa } from '../../helpers/private-ca.ts';
import { extKeyUsage } from '../../helpers/x509-writer.ts';
import { thumbprint } from './blob-writer.ts';
import {
  disallowedList,
  makeListSigner,
  makeTrustList,
  rootListSigner,
} from './trust-list-writer.ts';

const r1 = makeCa({ name: 'O=Example, CN=Example Root R1' });
const { anchor, signer } = makeListSigner();
const subjects = [{ der: r1.der }, { der: makeCa({ name: 'CN=Other' }).der }];
const anchors = [parseCertificate(anchor.der)];
const good = makeTrustList({ subjects, signer });

describe('a list of trusted roots', () => {
  it('names its subjects by SHA-1, with their properties', () => {
    const { list } = readSignedTrustList(good);
    assert.equal(list.subjects.size, 2);
    assert.equal(list.subjects.get(thumbprint(r1.der))?.get(98)?.length, 32);
    assert.equal(list.thisUpdate.toISOString(), '2025-06-01T00:00:00.000Z');
  });

  it('is signed by whom an anchor vouches for', () => {
    assert.equal(readSignedTrustList(good).isSigned(anchors), true);
    const elsewhere = [parseCertificate(makeCa({ name: anchor.name, key: 'rsa' }).der)];
    assert.equal(readSignedTrustList(good).isSigned(elsewhere), false);
    assert.equal(readSignedTrustList(good).isSigned([]), false);
  });

  it('may be signed through an intermediate that it carries', () => {
    const middle = anchor.issue({ name: 'CN=Middle', key: 'rsa', ca: true });
    const deep = middle.issue({
      name: 'CN=Publisher',
      key: 'rsa',
      extensions: [extKeyUsage([rootListSigner])],
    });
    const carried = makeTrustList({ subjects, signer: deep, certificates: [middle.der] });
    assert.equal(readSignedTrustList(carried).isSigned(anchors), true);
    const bare = makeTrustList({ subjects, signer: deep });
    assert.equal(readSignedTrustList(bare).isSigned(anchors), false);
  });

  it('is not signed through a certificate that may issue none', () => {
    const leaf = anchor.issue({ name: 'CN=Some Server', key: 'rsa' });
    const forged = leaf.issue({
      name: 'CN=Publisher',
      key: 'rsa',
      extensions: [extKeyUsage([rootListSigner])],
    });
    const list = makeTrustList({ subjects, signer: forged, certificates: [leaf.der] });
    assert.equal(readSignedTrustList(list).isSigned(anchors), false);
  });

  it('is not signed by a signature that was made for something else', () => {
    const list = makeTrustList({ subjects, signer, signedAs: '1.2.840.113549.1.7.1' });
    assert.equal(readSignedTrustList(list).isSigned(anchors), false);
  });

  it('is no list of something else', () => {
    const list = makeTrustList({ subjects, signer, usage: disallowedList });
    assert.throws(() => readSignedTrustList(list), UnsupportedAlgorithm);
    assert.equal(readSignedTrustList(list, 'disallowed').isSigned(anchors), true);
  });

  it('may be a list of none', () => {
    assert.equal(
      readSignedTrustList(makeTrustList({ subjects: [], signer })).list.subjects.size,
      0,
    );
  });

  it('has to be signed by a signer of lists', () => {
    const other = makeListSigner([oids.serverAuth]);
    const list = readSignedTrustList(makeTrustList({ subjects, signer: other.signer }));
    assert.equal(list.isSigned([parseCertificate(other.anchor.der)]), false);
  });

  it('is no longer signed when its content was changed', () => {
    const tampered = makeTrustList({
      subjects,
      signer,
      tamper: (content) => {
        const copy = Buffer.from(content);
        const at = copy.indexOf(thumbprint(r1.der), 0, 'hex');
        copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
        return copy;
      },
    });
    assert.equal(readSignedTrustList(tampered).isSigned(anchors), false);
  });

  it('is refused or unsigned with any one byte changed, never another list that is signed', () => {
    const original = JSON.stringify([...readSignedTrustList(good).list.subjects.keys()]);
    for (let at = 0; at < good.length; at++) {
      const changed = Buffer.from(good);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      try {
        const signed = readSignedTrustList(changed);
        const { list } = signed;
        const isOther = JSON.stringify([...list.subjects.keys()]) !== original;
        assert.ok(!isOther || !signed.isSigned(anchors), `byte ${at}`);
      } catch (error) {
        assert.ok(
          error instanceof DerError || error instanceof UnsupportedAlgorithm,
          String(error),
        );
      }
    }
  });
});
