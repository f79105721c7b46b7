/**
 * What one OCSP question costs, in process: certready and pkijs build the request, parse the response,
 * match it and verify it, RSA-2048 throughout; the floor is the two RSA verifications alone.
 *
 *     npm run bench:ocsp -- [--rounds 50]
 *
 * Rounds are interleaved; the table shows medians. Both start with the certificates parsed.
 */

import { createPublicKey, verify } from 'node:crypto';
import { parseArgs } from 'node:util';
import { BasicOCSPResponse, Certificate, OCSPRequest, OCSPResponse } from 'pkijs';
import { parseCertificate } from '../checks/pki/certificate.ts';
import { judgeOcsp } from '../checks/pki/ocsp-judge.ts';
import { buildOcspRequest } from '../checks/pki/ocsp-request.ts';
import { parseOcspResponse } from '../checks/pki/ocsp-response.ts';
import { makeDelegate, makeOcsp } from '../test/helpers/ocsp-maker.ts';
import { makeCa, testTime } from '../test/helpers/private-ca.ts';
import { type Candidate, interleaved, table } from './measure.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '50' } } });

const ca = makeCa({ name: 'C=BE, O=Example, CN=Issuing CA', key: 'rsa' });
const delegate = makeDelegate(ca, { key: 'rsa' });
const subject = ca.issue({ name: 'mx.example.org', key: 'rsa' });
const response = makeOcsp({ issuer: ca, serial: subject.serial, signer: delegate });

/** Milliseconds of one call, as the mean of several. */
const timed = async (calls: number, call: () => unknown): Promise<number> => {
  const started = performance.now();
  for (let done = 0; done < calls; done++) await call();
  return (performance.now() - started) / calls;
};

const require = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(`${what} did not accept the response`);
};

const issuer = parseCertificate(ca.der);
const certificate = parseCertificate(subject.der);
const certready = (): void => {
  const question = { issuer, certificate, serial: certificate.serial };
  buildOcspRequest({ ...question, hash: 'sha1' });
  const { problems } = judgeOcsp(response, { ...question, at: testTime });
  require(problems.length === 0, 'certready');
};

const theirIssuer = Certificate.fromBER(ca.der);
const theirSubject = Certificate.fromBER(subject.der);
const withPkijs = async (): Promise<void> => {
  const request = new OCSPRequest();
  await request.createForCertificate(theirSubject, {
    hashAlgorithm: 'SHA-1',
    issuerCertificate: theirIssuer,
  });
  request.toSchema(true).toBER();
  const { responseBytes } = OCSPResponse.fromBER(response);
  const basic = BasicOCSPResponse.fromBER(responseBytes?.response.valueBlock.valueHexView ?? '');
  const { isForCertificate, status } = await basic.getCertificateStatus(theirSubject, theirIssuer);
  const verified = await basic.verify({ trustedCerts: [theirIssuer], issuerCerts: [theirIssuer] });
  require(isForCertificate && status === 0 && verified, 'pkijs');
};

const parsed = parseOcspResponse(response);
if (parsed.status !== 'successful') throw new Error('the response carries no answer');
const { basic } = parsed;
const delegateCertificate = parseCertificate(delegate.der);
const keys = [issuer, delegateCertificate].map(({ publicKeyInfo }) =>
  createPublicKey({ key: Buffer.from(publicKeyInfo), format: 'der', type: 'spki' }),
);
const floor = (): void => {
  const [issuerKey, delegateKey] = keys;
  if (!issuerKey || !delegateKey) throw new Error('no keys');
  const { tbs, signature } = delegateCertificate;
  require(verify('sha256', tbs, issuerKey, signature), 'the floor');
  require(verify('sha256', basic.tbs, delegateKey, basic.signature), 'the floor');
};

const candidates: readonly Candidate[] = [
  { name: 'two RSA verifications', run: () => timed(20, floor) },
  { name: 'certready', run: () => timed(20, certready) },
  { name: 'pkijs', run: () => timed(2, withPkijs) },
];
const medians = await interleaved(candidates, Number(values.rounds));
const ours = medians.get('certready') ?? Number.NaN;
const rows = [...medians].map(([name, ms]) => [name, ms.toFixed(3), (ms / ours).toFixed(2)]);
console.log(`Node ${process.version}, a response of ${response.length} bytes`);
console.log(table([['OCSP question', 'ms', 'times certready'], ...rows]));
