/** Files of certificates: DER, PEM and PKCS#7. */

import assert from 'node:assert/strict';
import { fingerprint256, parseCertificate } from '../../../checks/pki/certificate.ts';
import { CertificatesFileError, readCertificates } from '../../../checks/pki/certificates-file.ts';
import { context, integer, oid, pem, sequence, setOf } from '../../helpers/der-writer.ts';
import { type FuzzTarget, cas } from './target.ts';
import { certificateSeeds } from './certificate.ts';

export const pkcs7Target = (): FuzzTarget => {
  const certificates = certificateSeeds(cas());
  const file = (...inside: readonly Uint8Array[]): Buffer =>
    sequence(
      oid('1.2.840.113549.1.7.2'),
      context(
        0,
        sequence(
          integer(1),
          setOf(),
          sequence(oid('1.2.840.113549.1.7.1')),
          context(0, ...inside),
          setOf(),
        ),
      ),
    );
  const [first = Buffer.alloc(0), second = first] = certificates;
  const sound = new Set(certificates.map(fingerprint256));
  return {
    seeds: [
      file(first),
      file(...certificates),
      first,
      Buffer.from(pem('CERTIFICATE', first) + pem('CERTIFICATE', second)),
      Buffer.from(pem('PKCS7', file(first, second))),
    ],
    async run(input) {
      try {
        const { certificates: found } = await readCertificates(input);
        assert.ok(found.length > 0, 'a file without certificates is read');
        for (const der of found) parseCertificate(der);
        return found.every((der) => sound.has(fingerprint256(der))) ? 'believed' : 'unbelieved';
      } catch (error) {
        if (error instanceof CertificatesFileError) return 'refused';
        throw error;
      }
    },
  };
};
