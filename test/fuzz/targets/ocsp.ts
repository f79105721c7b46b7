/** OCSP responses: no changed one says anything. */

import assert from 'node:assert/strict';
import { judgeOcsp, ocspEvidence } from '../../../checks/pki/ocsp-judge.ts';
import { parseOcspResponse } from '../../../checks/pki/ocsp-response.ts';
import { makeDelegate, makeOcsp } from '../../helpers/ocsp-maker.ts';
import { testTime } from '../../helpers/private-ca.ts';
import {
  type FuzzTarget,
  type Outcome,
  cas,
  certificateOf,
  hexOf,
  orRefused,
  signedParts,
} from './target.ts';

export const ocspTarget = (): FuzzTarget => {
  const serial = Buffer.of(0x12, 0x34);
  const issuers = cas();
  const seeds = issuers.flatMap((issuer) => {
    const made = { issuer, serial: 0x1234 };
    const revoked = { status: 'revoked', reason: 1 } as const;
    return [
      makeOcsp(made),
      makeOcsp({
        ...made,
        signer: makeDelegate(issuer),
        responder: 'name',
        nonce: Buffer.alloc(16, 7),
      }),
      makeOcsp({
        ...made,
        answers: [revoked, { hash: 'sha256' }, { serial: 5, nextUpdate: null }],
      }),
    ];
  });
  const basicTbs = (response: Uint8Array): Uint8Array | undefined => {
    const parsed = orRefused(() => parseOcspResponse(response));
    return parsed?.status === 'successful' ? parsed.basic.tbs : undefined;
  };
  const sound = signedParts(seeds.flatMap((seed) => basicTbs(seed) ?? []));
  const certificates = issuers.map(certificateOf);
  return {
    seeds,
    run(input) {
      let outcome: Outcome = basicTbs(input) ? 'unbelieved' : 'refused';
      for (const issuer of certificates) {
        const verdict = judgeOcsp(input, { issuer, serial, at: testTime });
        ocspEvidence(verdict);
        if (verdict.problems.length > 0 && verdict.answer === undefined) continue;
        const tbs = basicTbs(input);
        assert.ok(tbs && sound.has(hexOf(tbs)), 'a changed OCSP response is believed');
        outcome = 'believed';
      }
      return outcome;
    },
  };
};
