import { describe } from 'node:test';
import { oids } from '../../checks/pki/oids.ts';
import {
  enumerated,
  generalizedTime,
  nullValue,
  octetString,
  sequence,
} from '../helpers/der-writer.ts';
import { after, answering, day, judges, make } from '../helpers/ocsp-cases.ts';
import { nonceExtension } from '../helpers/ocsp-maker.ts';
import { extension, unknownExtension } from '../helpers/x509-writer.ts';

describe('nonce', () => {
  const nonce = Buffer.from(
    '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    'hex',
  );
  judges('comes back', {
    response: make({ nonce }),
    expect: { nonce },
    evidence: { nonce: 'equal' },
  });
  judges('does not come back: the times decide', {
    response: make(),
    expect: { nonce },
    evidence: { nonce: 'absent' },
  });
  judges('does not come back, out of date', {
    response: make(),
    expect: { nonce },
    at: after(5 * day),
    codes: ['ocsp-expired'],
  });
  judges('another comes back', {
    response: make({ nonce: Buffer.alloc(32, 7) }),
    expect: { nonce },
    codes: ['ocsp-nonce-mismatch'],
    evidence: { nonce: 'different' },
  });
  judges('comes back without its own OCTET STRING', {
    response: make({ extensions: [extension(oids.ocspNonce, nonce)] }),
    expect: { nonce },
    codes: ['ocsp-nonce-mismatch'],
  });
  judges('comes although none was sent', {
    response: make({ nonce }),
    evidence: { nonce: undefined },
  });
  judges('another comes back with a revoked certificate', {
    response: make({ nonce: Buffer.alloc(32, 7), answers: [{ status: 'revoked' }] }),
    expect: { nonce },
    codes: ['ocsp-nonce-mismatch', 'certificate-revoked'],
  });
});

describe('extensions', () => {
  const critical = unknownExtension(true);
  judges('unknown, not critical', {
    response: make({
      extensions: [unknownExtension(false)],
      answers: [{ extensions: [unknownExtension(false)] }],
    }),
  });
  judges('unknown and critical, of the response', {
    response: make({ extensions: [critical] }),
    codes: ['ocsp-malformed'],
    evidence: { reason: 'unknown critical extension 1.3.6.1.4.1.99999.1', certStatus: undefined },
  });
  judges('unknown and critical, of the answer', {
    response: answering({ extensions: [critical] }),
    codes: ['ocsp-malformed'],
  });
  judges('unknown and critical, of an answer about another certificate', {
    response: answering({}, { serial: 99, extensions: [critical] }),
  });
  judges('known and critical, of the response', {
    response: make({
      extensions: [
        extension(oids.ocspNonce, octetString(Buffer.alloc(32)), true),
        extension(oids.ocspExtendedRevoke, nullValue(), true),
      ],
    }),
  });
  judges('known and critical, of the answer', {
    response: answering({
      extensions: [
        extension(oids.reasonCode, enumerated(1), true),
        extension(oids.invalidityDate, generalizedTime(after(-day)), true),
        extension(oids.ocspCrlReferences, sequence(), true),
        extension(oids.ocspSignedCertificateTimestamps, octetString(), true),
        extension(oids.ocspArchiveCutoff, generalizedTime(after(-day)), true),
      ],
    }),
  });
  judges('twice the same', {
    response: make({ extensions: [unknownExtension(false), unknownExtension(false)] }),
    codes: ['ocsp-malformed'],
  });
  judges('a nonce twice', {
    response: make({ extensions: [1, 2].map((byte) => nonceExtension(Buffer.alloc(32, byte))) }),
    codes: ['ocsp-malformed'],
  });
  judges('archive cutoff with bytes left over', {
    response: answering({
      extensions: [
        extension(
          oids.ocspArchiveCutoff,
          Buffer.concat([generalizedTime(after(-day)), nullValue()]),
        ),
      ],
    }),
    codes: ['ocsp-malformed'],
  });
  judges('archive cutoff that is no time', {
    response: answering({ extensions: [extension(oids.ocspArchiveCutoff, nullValue())] }),
    codes: ['ocsp-malformed'],
  });
});
