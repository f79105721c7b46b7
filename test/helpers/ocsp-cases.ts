/** Cases of the OCSP judge: a CA, a certificate of it, and a test per response. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseCertificate } from '../../checks/pki/certificate.ts';
import { type OcspExpectation, judgeOcsp, ocspEvidence } from '../../checks/pki/ocsp-judge.ts';
import type { GapCode } from '../../checks/types.ts';
import { type AnswerOptions, type OcspOptions, makeOcsp } from './ocsp-maker.ts';
import { makeCa, testTime } from './private-ca.ts';

export const ca = makeCa({ name: 'C=BE, O=Example, CN=Issuing CA' });
export const subject = ca.issue({ name: 'mx.example.org' });

/** The question about `subject`. */
export const question = {
  issuer: parseCertificate(ca.der),
  serial: parseCertificate(subject.der).serial,
};

/** A response about `subject`, by `ca` itself unless an option says otherwise. */
export const make = (options: Partial<OcspOptions> = {}): Buffer =>
  makeOcsp({ issuer: ca, serial: subject.serial, ...options });
export const answering = (...answers: readonly AnswerOptions[]): Buffer => make({ answers });

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
/** So many milliseconds after `testTime`. */
export const after = (ms: number): Date => new Date(testTime.getTime() + ms);

export interface OcspCase {
  readonly response: Uint8Array;
  readonly expect?: Partial<OcspExpectation>;
  /** Default `testTime`. */
  readonly at?: Date;
  /** None: good. */
  readonly codes?: readonly GapCode[];
  /** Some of the evidence of the verdict, or of its first problem. */
  readonly evidence?: Readonly<Record<string, unknown>>;
}

/** A test that the response is judged so. */
export const judges = (name: string, one: OcspCase): void => {
  it(name, () => {
    const { response, expect = {}, at = testTime, codes = [], evidence = {} } = one;
    const verdict = judgeOcsp(response, { ...question, ...expect, at });
    assert.deepEqual(
      verdict.problems.map(({ code }) => code),
      codes,
    );
    const all: Readonly<Record<string, unknown>> = {
      ...ocspEvidence(verdict),
      ...verdict.problems[0]?.evidence,
    };
    for (const [key, value] of Object.entries(evidence)) assert.deepEqual(all[key], value, key);
  });
};
