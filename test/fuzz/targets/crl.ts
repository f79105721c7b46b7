/** CRLs: read as they come, judged, and never believed once what was signed has changed. */

import assert from 'node:assert/strict';
import { judgeCrl } from '../../../checks/pki/crl-judge.ts';
import { readCrl } from '../../../checks/pki/crl-reader.ts';
import { scanFrame } from '../../../checks/pki/crl-frame.ts';
import { randomPieces } from '../../helpers/chunks.ts';
import { testTime } from '../../helpers/private-ca.ts';
import { readPieces } from '../../helpers/read-pieces.ts';
import * as write from '../../helpers/x509-writer.ts';
import {
  type FuzzTarget,
  cas,
  certificateOf,
  hexOf,
  orRefused,
  signedParts,
  url,
} from './target.ts';

export const crlTarget = (): FuzzTarget => {
  const issuers = cas();
  const wanted = Buffer.of(0x12, 0x34);
  const date = new Date('2024-02-03T04:05:06Z');
  const seeds = issuers.flatMap((ca) => [
    ca.crl(),
    ca.crl({
      entries: [{ serial: 0x1234, reason: 1, date }, { serial: 7 }, { serial: 2n ** 120n }],
    }),
    ca.crl({
      entries: [
        { serial: 5, reason: 6, extensions: [write.invalidityDate(date)] },
        {
          serial: 6,
          extensions: [write.certificateIssuer(ca.name), write.unknownExtension(false)],
        },
        { serial: 0x1234, date: new Date('2051-01-01') },
      ],
      extensions: [
        write.issuingDistributionPoint({
          uris: [url],
          onlyContainsUserCerts: true,
          reasons: [1, 2],
        }),
        write.freshestCrl({ uris: [url] }),
        write.unknownExtension(false),
      ],
    }),
    ca.crl({
      pss: ca.privateKey.asymmetricKeyType === 'rsa',
      extensions: [write.deltaCrlIndicator(3)],
    }),
    ca.crl({ onlyExtensions: [], nextUpdate: null, rewrite: () => ({ version: Buffer.alloc(0) }) }),
  ]);
  const tbsOf = (crl: Uint8Array): Uint8Array => {
    const frame = scanFrame(crl);
    assert.ok(frame);
    return crl.subarray(frame.tbsStart, frame.tbsEnd);
  };
  const sound = signedParts(seeds.map(tbsOf));
  const certificates = issuers.map(certificateOf);
  const leaf = certificateOf(
    (issuers[1] ?? assert.fail()).issue({
      name: 'leaf',
      serial: 0x1234,
      extensions: [write.crlDistributionPoints({ uris: [url] })],
    }),
  );
  const subject = { serial: leaf.serial, issuer: leaf.issuer, certificate: leaf };
  return {
    seeds,
    run(input, next) {
      const options = { wanted: [wanted] };
      const contents = orRefused(() => readCrl(input, options));
      const pieces = randomPieces(input, 1 + (next() % 300), next);
      const again = orRefused(() => readPieces(pieces, options));
      assert.equal(again?.entries, contents?.entries, 'cut otherwise, it reads otherwise');
      assert.deepEqual(again?.hits, contents?.hits);
      if (!contents) return 'refused';
      const question = { issuers: certificates, at: testTime, url, subjects: [subject] };
      const verdict = judgeCrl(contents, { ...question, delta: contents });
      const untouched = sound.has(hexOf(tbsOf(input)));
      assert.ok(verdict.signature !== 'valid' || untouched, 'a changed CRL verifies');
      const status = verdict.subjects[0]?.status.status;
      assert.ok(status === 'unknown' || untouched, `a changed CRL says ${status}`);
      return verdict.signature === 'valid' ? 'believed' : 'unbelieved';
    },
  };
};
