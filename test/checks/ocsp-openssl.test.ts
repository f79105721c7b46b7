/** The check against a responder that is not ours, over real sockets and the real network client. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { createNetwork } from '../../checks/net/network.ts';
import { noProxy } from '../../checks/net/proxy.ts';
import { parseCertificate } from '../../checks/pki/certificate.ts';
import { judgeOcsp } from '../../checks/pki/ocsp-judge.ts';
import { buildOcspRequest } from '../../checks/pki/ocsp-request.ts';
import type { GapCode } from '../../checks/types.ts';
import { makeDelegate } from '../helpers/ocsp-maker.ts';
import { runCheck } from '../helpers/ocsp-responder.ts';
import { type ResponderOptions, startOpensslResponder } from '../helpers/openssl-responder.ts';
import { type Identity, makeCa } from '../helpers/private-ca.ts';
import { lacking } from '../helpers/programs.ts';
import type { KeyKind } from '../helpers/signing.ts';

const noOpenssl = await lacking('openssl');
const run = promisify(execFile);

/** openssl answers for the time that it is, so this is judged at. */
const now = (): Date => new Date();

const network = createNetwork({
  platform: 'linux',
  hostName: 'mx.example.org',
  elapsed: () => performance.now(),
  now,
  connectTimeoutMs: 20_000,
  requestTimeoutMs: 40_000,
  resolve: [],
  connectTo: [],
  proxy: noProxy,
});

const made = (key: KeyKind = 'p256') => {
  const ca = makeCa({ name: 'C=BE, O=Example, CN=Issuing CA', key });
  const subject = ca.issue({ name: 'mx.example.org', serial: 0x80abcdn });
  return { ca, subject };
};

interface Case {
  readonly name: string;
  readonly key?: KeyKind;
  readonly delegate?: (ca: Identity) => Identity;
  /** Default good; null: not in the index. */
  readonly status?: 'good' | 'revoked' | null;
  readonly options?: ResponderOptions['options'];
  readonly codes?: readonly GapCode[];
  readonly evidence: Readonly<Record<string, unknown>>;
}

const cases: readonly Case[] = [
  { name: 'the CA itself, by name', evidence: { certStatus: 'good', delegated: false } },
  {
    name: 'the CA itself, by key',
    options: ['-nmin', '60', '-resp_key_id'],
    evidence: { certStatus: 'good', delegated: false },
  },
  {
    name: 'a delegate, RSA, by name',
    key: 'rsa',
    delegate: (ca) => makeDelegate(ca, { key: 'rsa', name: 'Delegate' }),
    evidence: { certStatus: 'good', delegated: true, responder: 'CN=Delegate' },
  },
  {
    name: 'a delegate, by key, SHA-384',
    delegate: (ca) => makeDelegate(ca),
    options: ['-nmin', '60', '-resp_key_id', '-rmd', 'sha384'],
    evidence: { certStatus: 'good', delegated: true, signatureAlgorithm: 'ecdsa-with-SHA384' },
  },
  {
    name: 'a delegate that is not sent along',
    delegate: (ca) => makeDelegate(ca),
    options: ['-nmin', '60', '-resp_no_certs'],
    codes: ['ocsp-responder-unauthorized'],
    evidence: { certStatus: undefined, signature: 'unchecked' },
  },
  {
    name: 'a certificate of the CA that is no delegate',
    delegate: (ca) => ca.issue({ name: 'Server' }),
    codes: ['ocsp-responder-unauthorized'],
    evidence: { certStatus: undefined },
  },
  {
    name: 'a broken signature',
    options: ['-nmin', '60', '-badsig'],
    codes: ['ocsp-signature-invalid'],
    evidence: { certStatus: undefined, signature: 'invalid' },
  },
  {
    name: 'revoked',
    status: 'revoked',
    codes: ['certificate-revoked'],
    evidence: {
      certStatus: 'revoked',
      reason: 'keyCompromise',
      revokedAt: '2024-01-01T00:00:00.000Z',
    },
  },
  {
    name: 'unknown',
    status: null,
    codes: ['ocsp-unknown'],
    evidence: { certStatus: 'unknown' },
  },
  {
    name: 'no nextUpdate',
    options: [],
    codes: ['ocsp-expired'],
    evidence: { nextUpdate: null },
  },
];

const start = (one: Pick<Case, 'key' | 'delegate' | 'status' | 'options'>) => {
  const { ca, subject } = made(one.key);
  const { status = 'good', options } = one;
  const statuses = new Map<bigint, 'good' | 'revoked'>([[1n, 'good']]);
  if (status !== null) statuses.set(subject.serial, status);
  const signer = one.delegate?.(ca) ?? ca;
  const responder = startOpensslResponder({
    ca,
    signer,
    statuses,
    ...(options && { options }),
  });
  return { ca, subject, responder };
};

describe('openssl as the responder', { skip: noOpenssl }, () => {
  for (const one of cases)
    it(one.name, { timeout: 120_000 }, async () => {
      const { ca, subject, responder } = start(one);
      const { url, stop } = await responder;
      try {
        const { judgement, observation } = await runCheck(
          {
            ocsp: [{ url, issuer: 'ca', certificate: { authority: 'subject' } }],
            authorities: { ca: ca.der, subject: subject.der },
            network,
          },
          now(),
        );
        assert.deepEqual(
          judgement.findings.map(({ code }) => code),
          one.codes ?? [],
        );
        const { evidence } = judgement;
        assert.deepEqual(evidence['methods'], { POST: 'answered', GET: 'answered' });
        for (const [key, value] of Object.entries(one.evidence))
          assert.deepEqual(evidence[key], value, key);
        const names = observation.stages.map(({ name }) => name);
        assert.deepEqual(names.slice(-2), ['parse', 'verify']);
        assert.ok(names.includes('connect') && names.includes('response'));
      } finally {
        await stop();
      }
    });

  it('a nonce that it echoes, and one that it does not', { timeout: 120_000 }, async () => {
    const { ca, subject, responder } = start({});
    const { url, stop } = await responder;
    const folder = await mkdtemp(join(tmpdir(), 'ocsp-nonce-'));
    try {
      const question = {
        issuer: parseCertificate(ca.der),
        serial: parseCertificate(subject.der).serial,
      };
      const nonce = Buffer.alloc(32, 0x5a);
      const request = buildOcspRequest({ ...question, hash: 'sha256', nonce });
      await writeFile(join(folder, 'request.der'), request);
      await run(
        'openssl',
        ['ocsp', '-reqin', 'request.der', '-url', url, '-respout', 'response.der', '-noverify'],
        { cwd: folder, timeout: 60_000 },
      );
      const response = await readFile(join(folder, 'response.der'));
      const judge = (sent: Uint8Array) =>
        judgeOcsp(response, { ...question, nonce: sent, at: now() });
      assert.deepEqual(judge(nonce).problems, []);
      assert.equal(judge(nonce).nonce, 'equal');
      assert.deepEqual(
        judge(Buffer.alloc(32, 0x5b)).problems.map(({ code }) => code),
        ['ocsp-nonce-mismatch'],
      );
    } finally {
      await stop();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('a question about another CA', { timeout: 120_000 }, async () => {
    const { subject, responder } = start({});
    const stranger = makeCa({ name: 'Stranger' });
    const { url, stop } = await responder;
    try {
      const ocsp = [{ url, issuer: 'ca', certificate: { authority: 'subject' } }];
      const authorities = { ca: stranger.der, subject: subject.der };
      const { judgement } = await runCheck({ ocsp, authorities, network }, now());
      // It answers "unknown" and signs as a CA that is not the one asked about
      assert.deepEqual(
        judgement.findings.map(({ code }) => code),
        ['ocsp-responder-unauthorized'],
      );
    } finally {
      await stop();
    }
  });

  it('nobody there', { timeout: 120_000 }, async () => {
    const { ca, subject, responder } = start({});
    const { url, stop } = await responder;
    await stop();
    const ocsp = [{ url, issuer: 'ca', certificate: { authority: 'subject' } }];
    const authorities = { ca: ca.der, subject: subject.der };
    const { judgement } = await runCheck({ ocsp, authorities, network }, now());
    assert.deepEqual(
      [...new Set(judgement.findings.map(({ code, target }) => `${code} ${target}`))],
      [`connect-refused ${new URL(url).host}`],
    );
  });
});
