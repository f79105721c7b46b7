import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCertificate } from '../../checks/pki/certificate.ts';
import { prepareOcsp } from '../../checks/pki/ocsp-judge.ts';
import { oids } from '../../checks/pki/oids.ts';
import type { GapCode } from '../../checks/types.ts';
import { generalizedTime } from '../helpers/der-writer.ts';
import {
  after,
  answering,
  ca,
  day,
  hour,
  judges,
  make,
  minute,
  question,
} from '../helpers/ocsp-cases.ts';
import { type AnswerOptions, makeDelegate } from '../helpers/ocsp-maker.ts';
import { testTime } from '../helpers/private-ca.ts';
import { extension } from '../helpers/x509-writer.ts';

type Dates = Readonly<Partial<Record<'notBefore' | 'notAfter', Date>>>;

describe('times', () => {
  const late = { thisUpdate: after(-2 * day), nextUpdate: after(-hour) };
  judges('nextUpdate has passed', {
    response: answering(late),
    codes: ['ocsp-expired'],
    evidence: { nextUpdate: '2025-06-03T11:00:00.000Z', certStatus: 'good' },
  });
  judges('nextUpdate passed by the tolerance', {
    response: answering({ ...late, nextUpdate: after(-5 * minute) }),
  });
  judges('nextUpdate passed by a second more than the tolerance', {
    response: answering({ ...late, nextUpdate: after(-5 * minute - 1000) }),
    codes: ['ocsp-expired'],
  });
  judges('nextUpdate passed by a second, where nothing is tolerated', {
    response: answering({ ...late, nextUpdate: after(-1000) }),
    expect: { tolerance: 0 },
    codes: ['ocsp-expired'],
  });
  judges('thisUpdate in the future', {
    response: answering({ thisUpdate: after(hour) }),
    codes: ['ocsp-not-yet-valid'],
  });
  judges('thisUpdate in the future by the tolerance', {
    response: answering({ thisUpdate: after(5 * minute) }),
  });
  judges('thisUpdate in the future by a second more than the tolerance', {
    response: answering({ thisUpdate: after(5 * minute + 1000) }),
    codes: ['ocsp-not-yet-valid'],
  });
  judges('producedAt in the future', {
    response: make({ producedAt: after(hour) }),
    codes: ['ocsp-not-yet-valid'],
    evidence: { producedAt: after(hour).toISOString() },
  });
  judges('producedAt in the future by the tolerance', {
    response: make({ producedAt: after(5 * minute) }),
  });
  judges('producedAt in the future, and revoked', {
    response: make({ producedAt: after(hour), answers: [{ status: 'revoked' }] }),
    codes: ['ocsp-not-yet-valid'],
  });
  judges('produced before its thisUpdate, which neither OpenSSL nor mozilla::pkix compares', {
    response: make({ producedAt: after(-2 * hour) }),
  });
  judges('nextUpdate before thisUpdate, both within the tolerance', {
    response: answering({ thisUpdate: after(2 * minute), nextUpdate: after(-2 * minute) }),
    codes: ['ocsp-expired'],
  });
  judges('nextUpdate of the moment of thisUpdate', {
    response: answering({ thisUpdate: after(-minute), nextUpdate: after(-minute) }),
  });
  judges('no nextUpdate: refused (RFC 9919 5)', {
    response: answering({ nextUpdate: null }),
    codes: ['ocsp-expired'],
    evidence: { nextUpdate: null },
  });
  judges('no nextUpdate, young enough where an age is given', {
    response: answering({ nextUpdate: null }),
    expect: { maxAge: 7 * day },
  });
  judges('of the age given, to the second', {
    response: answering({ nextUpdate: null, thisUpdate: after(-7 * day) }),
    expect: { maxAge: 7 * day },
  });
  judges('no nextUpdate, too old where an age is given', {
    response: answering({ nextUpdate: null, thisUpdate: after(-8 * day) }),
    expect: { maxAge: 7 * day },
    codes: ['ocsp-expired'],
  });
  judges('nextUpdate to come, but older than the age given', {
    response: answering({ thisUpdate: after(-8 * day), nextUpdate: after(day) }),
    expect: { maxAge: 7 * day },
    codes: ['ocsp-expired'],
  });
  judges('out of date is told, not the status that it had', {
    response: answering({ ...late, status: 'revoked' }),
    codes: ['ocsp-expired'],
    evidence: { certStatus: 'revoked' },
  });

  const young = ca.issue({ name: 'young', notBefore: after(-hour) });
  const ofYoung = {
    serial: parseCertificate(young.der).serial,
    certificate: parseCertificate(young.der),
  };
  judges('produced before the certificate was valid', {
    response: make({ serial: young.serial, producedAt: after(-day) }),
    expect: ofYoung,
    codes: ['ocsp-certificate-mismatch'],
    evidence: { notBefore: '2025-06-03T11:00:00.000Z' },
  });
  judges('produced before the certificate was valid, by the tolerance', {
    response: make({ serial: young.serial, producedAt: after(-hour - 5 * minute) }),
    expect: ofYoung,
  });
  judges('produced as the certificate became valid', {
    response: make({ serial: young.serial }),
    expect: ofYoung,
  });
  const gone = ca.issue({ name: 'gone', notAfter: after(-30 * day) });
  const ofGone = {
    serial: parseCertificate(gone.der).serial,
    certificate: parseCertificate(gone.der),
  };
  judges('an expired certificate, of which the responder keeps the status', {
    response: make({
      serial: gone.serial,
      answers: [
        { extensions: [extension(oids.ocspArchiveCutoff, generalizedTime(after(-365 * day)))] },
      ],
    }),
    expect: ofGone,
    evidence: { archiveCutoff: '2024-06-03T12:00:00.000Z' },
  });
  const cutoff = (status: 'good' | 'revoked' = 'good') =>
    make({
      serial: gone.serial,
      answers: [
        {
          status,
          extensions: [extension(oids.ocspArchiveCutoff, generalizedTime(after(-29 * day)))],
        },
      ],
    });
  judges('an expired certificate, of which the responder no longer keeps the status', {
    response: cutoff(),
    expect: ofGone,
    codes: ['ocsp-unknown'],
    evidence: { certStatus: 'good', notAfter: '2025-05-04T12:00:00.000Z' },
  });
  const edge = ca.issue({ name: 'edge', notAfter: after(-29 * day) });
  judges('a certificate that ended at the archive cutoff', {
    response: make({
      serial: edge.serial,
      answers: [
        { extensions: [extension(oids.ocspArchiveCutoff, generalizedTime(after(-29 * day)))] },
      ],
    }),
    expect: {
      serial: parseCertificate(edge.der).serial,
      certificate: parseCertificate(edge.der),
    },
  });
  judges('an expired certificate before the archive cutoff, and revoked all the same', {
    response: cutoff('revoked'),
    expect: ofGone,
    codes: ['certificate-revoked'],
  });
  judges('an archive cutoff where the certificate itself is not known', {
    response: cutoff(),
    expect: { serial: ofGone.serial },
  });
  it('can be judged at several times after one preparation', () => {
    const judge = prepareOcsp(make(), question);
    const codes = [testTime, after(-day), after(5 * day), testTime].map((at) =>
      judge(at).problems.map(({ code }) => code),
    );
    assert.deepEqual(codes, [[], ['ocsp-not-yet-valid'], ['ocsp-expired'], []]);
  });
});

describe('the times of a delegate', () => {
  const notNow = "the responder's certificate is not in date";
  const notThen = "the responder's certificate was not in date when it answered";
  const cases: readonly [name: string, dates: Dates, reason?: string, tolerance?: number][] = [
    ['ended by less than the tolerance', { notAfter: after(-4 * minute) }],
    ['ended by more than the tolerance', { notAfter: after(-6 * minute) }, notNow],
    ['ended, where nothing is tolerated', { notAfter: after(-minute) }, notNow, 0],
    ['began after the answer by less than the tolerance', { notBefore: after(4 * minute - hour) }],
    [
      'began after the answer by more than the tolerance',
      { notBefore: after(6 * minute - hour) },
      notThen,
    ],
  ];
  for (const [name, dates, reason, tolerance] of cases)
    judges(name, {
      response: make({ signer: makeDelegate(ca, dates) }),
      codes: reason === undefined ? [] : ['ocsp-responder-unauthorized'],
      evidence: { reason },
      expect: tolerance === undefined ? {} : { tolerance },
    });
});

describe('several answers about the certificate', () => {
  const late = { thisUpdate: after(-2 * day), nextUpdate: after(-day) };
  const cases: readonly [string, readonly AnswerOptions[], readonly GapCode[]][] = [
    ['good by SHA-1 and by SHA-256', [{}, { hash: 'sha256' }], []],
    ['good, then revoked', [{}, { status: 'revoked' }], ['certificate-revoked']],
    ['revoked, then good', [{ status: 'revoked' }, {}], ['certificate-revoked']],
    ['good, then unknown', [{}, { status: 'unknown' }], ['ocsp-unknown']],
    [
      'unknown, then revoked',
      [{ status: 'unknown' }, { status: 'revoked' }],
      ['certificate-revoked'],
    ],
    ['good, and revoked out of date', [{}, { ...late, status: 'revoked' }], []],
    ['revoked, and good out of date', [late, { status: 'revoked' }], ['certificate-revoked']],
    ['all out of date', [late, { ...late, thisUpdate: after(-3 * day) }], ['ocsp-expired']],
    [
      'out of date, and not yet in date: the newest is told',
      [late, { thisUpdate: after(day) }],
      ['ocsp-not-yet-valid'],
    ],
    ['revoked, but another certificate', [{}, { serial: 99, status: 'revoked' }], []],
  ];
  for (const [name, answers, codes] of cases)
    judges(name, { response: answering(...answers), codes });
});
