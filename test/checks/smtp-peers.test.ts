import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { createRun } from '../../agent/run/context.ts';
import { createNetwork } from '../../checks/net/network.ts';
import { noProxy } from '../../checks/net/proxy.ts';
import { fingerprint256 } from '../../checks/pki/certificate.ts';
import { oids } from '../../checks/pki/oids.ts';
import { smtpCheck } from '../../checks/smtp.ts';
import type { GapCode, Judgement, Profile, TlsSession, TrustStore } from '../../checks/types.ts';
import { integer, sequence } from '../helpers/der-writer.ts';
import { fakeHost } from '../helpers/fake-host.ts';
import { makeOcsp, ocspResponse } from '../helpers/ocsp-maker.ts';
import {
  mailHost,
  root,
  strangeRoot,
  ca,
  leaf,
  leafUnder,
  names,
  session,
  strangeCa,
  storeOf,
  peer,
  profile,
  ask,
  codes,
} from '../helpers/mail-peer.ts';
import { flippedLastByte, testTime } from '../helpers/private-ca.ts';
import { extKeyUsage, extension } from '../helpers/x509-writer.ts';
import { startSmtpServer } from '../helpers/smtp-server.ts';

/** RFC 7633: promises an answer to these TLS extensions; 5 asks for a stapled response. */
const tlsFeature = (...features: readonly number[]): Buffer =>
  extension(oids.tlsFeature, sequence(...features.map(integer)));
const demanding = leafUnder(ca, { extensions: [names, tlsFeature(17, 5)] });

describe('a stapled OCSP response', () => {
  const stapling = (options: Partial<Parameters<typeof makeOcsp>[0]>): TlsSession => ({
    ...session(leaf, ca),
    stapledOcsp: makeOcsp({ issuer: ca, serial: leaf.serial, ...options }),
  });
  const cases: readonly [
    name: string,
    tls: TlsSession,
    expected: readonly GapCode[],
    said: string,
  ][] = [
    ['good', stapling({}), [], 'good'],
    [
      'revoked',
      stapling({ answers: [{ status: 'revoked' }] }),
      ['certificate-revoked'],
      'certificate-revoked',
    ],
    [
      'revoked, by a stranger',
      stapling({ issuer: strangeRoot, answers: [{ status: 'revoked', issuer: ca }] }),
      ['chain-untrusted'],
      'ocsp-responder-unauthorized',
    ],
    [
      'revoked, of another certificate',
      stapling({ serial: 77n, answers: [{ status: 'revoked' }] }),
      ['chain-untrusted'],
      'ocsp-certificate-mismatch',
    ],
    [
      'out of date',
      stapling({
        answers: [
          {
            nextUpdate: new Date('2025-06-01T00:00:00Z'),
            thisUpdate: new Date('2025-05-25T00:00:00Z'),
          },
        ],
      }),
      ['chain-untrusted'],
      'ocsp-expired',
    ],
    [
      'altered',
      stapling({ signature: flippedLastByte }),
      ['chain-untrusted'],
      'ocsp-signature-invalid',
    ],
    ['without an end', stapling({ answers: [{ nextUpdate: null }] }), [], 'ocsp-expired'],
    ['of a status unknown', stapling({ answers: [{ status: 'unknown' }] }), [], 'ocsp-unknown'],
    [
      'of tomorrow',
      stapling({ answers: [{ thisUpdate: new Date('2025-06-04T00:00:00Z') }] }),
      [],
      'ocsp-not-yet-valid',
    ],
    ['an error', { ...session(leaf, ca), stapledOcsp: ocspResponse(3) }, [], 'ocsp-try-later'],
    [
      'an error, where the certificate demands an answer',
      { ...session(demanding, ca), stapledOcsp: ocspResponse(3) },
      ['chain-untrusted'],
      'ocsp-try-later',
    ],
    [
      'good, where the certificate demands it',
      {
        ...session(demanding, ca),
        stapledOcsp: makeOcsp({ issuer: ca, serial: demanding.serial }),
      },
      [],
      'good',
    ],
    [
      'revoked, where the certificate demands an answer',
      {
        ...session(demanding, ca),
        stapledOcsp: makeOcsp({
          issuer: ca,
          serial: demanding.serial,
          answers: [{ status: 'revoked' }],
        }),
      },
      ['certificate-revoked'],
      'certificate-revoked',
    ],
    [
      'garbled',
      { ...session(leaf, ca), stapledOcsp: Buffer.from('3000', 'hex') },
      ['chain-untrusted'],
      'ocsp-malformed',
    ],
  ];
  for (const [name, tls, expected, said] of cases)
    it(`${name}: ${expected.join() || 'no gap'}`, async () => {
      const judgement = await ask(tls);
      assert.deepEqual(codes(judgement), expected);
      assert.equal(judgement.evidence['stapledOcsp'], said);
      for (const finding of judgement.findings.filter(({ code }) => code === 'chain-untrusted')) {
        assert.equal(finding.severity, 'warning');
        const isDemanded = said === 'ocsp-try-later';
        assert.equal(finding.evidence['reason'], isDemanded ? 'must-staple' : 'stapled-ocsp');
        assert.equal(finding.evidence['stapledOcsp'], isDemanded ? undefined : said);
      }
    });

  it('of a certificate whose issuer nobody knows says nothing', async () => {
    const alone = { ...session(leafUnder(strangeCa)), stapledOcsp: ocspResponse(3) };
    const judgement = await ask(alone);
    assert.deepEqual(codes(judgement), ['chain-incomplete']);
    assert.equal(judgement.evidence['stapledOcsp'], undefined);
  });

  it('missing where the certificate demands one: a warning, unless its chain does not hold', async () => {
    const { findings } = await ask(session(demanding, ca));
    assert.deepEqual(
      findings.map(({ code, severity, evidence }) => [code, severity, evidence['reason']]),
      [['chain-untrusted', 'warning', 'must-staple']],
    );
    const other = leafUnder(ca, { extensions: [names, tlsFeature(17)] });
    assert.deepEqual(codes(await ask(session(other, ca))), []);
    const unread = leafUnder(ca, { extensions: [names, extension(oids.tlsFeature, integer(5))] });
    assert.deepEqual(codes(await ask(session(unread, ca))), []);
    const wrong = leafUnder(ca, { extensions: [extKeyUsage([oids.clientAuth]), tlsFeature(5)] });
    const broken = await ask(session(wrong, ca));
    assert.deepEqual(
      broken.findings.flatMap(({ code, evidence }) =>
        code === 'chain-untrusted' ? [evidence['reason']] : [],
      ),
      ['purpose'],
    );
    assert.deepEqual(codes(await ask(session(demanding))), ['chain-incomplete', 'chain-untrusted']);
    const sent = { ...session(demanding), stapledOcsp: Buffer.from('3000', 'hex') };
    assert.deepEqual(codes(await ask(sent)), ['chain-incomplete', 'chain-untrusted']);
  });
});

const data = new URL('../../../shared/data/', import.meta.url);
const realChain = new URL('chains/mail.protection.outlook.com-2021/', data);
const noData = existsSync(realChain) ? false : 'needs the shared real data';

describe('the real certificate of Exchange Online of 2021', { skip: noData }, () => {
  const der = (name: string): Buffer => readFileSync(new URL(name, realChain));
  const at = new Date('2022-03-01T00:00:00Z');
  const tls = (...files: readonly string[]): TlsSession => ({
    ...session(),
    certificates: files.map(der),
  });
  const store = (): TrustStore => ({
    ...storeOf([]),
    read: () =>
      Promise.resolve({
        entries: [{ der: der('root.der'), trust: 'trusted', origin: 'a' }],
        problems: [],
      }),
  });
  const real = (change: Partial<Profile> = {}): Profile => ({
    ...profile,
    effective: '2021-01-01',
    replaces: [],
    authorities: [
      {
        id: 'g1',
        name: 'DigiCert Global Root CA',
        root: true,
        sha256: fingerprint256(der('root.der')),
        der: der('root.der'),
      },
    ],
    peer: {
      ...peer,
      names: ['mail.protection.outlook.com'],
      organization: 'Microsoft Corporation',
    },
    ...change,
  });
  const host = 'contoso-com.mail.protection.outlook.com';

  it('is fine in its time, and for any host of its wildcard', async () => {
    const asked = { stores: [store()], profile: real(), host, at };
    const judgement = await ask(tls('leaf.der', 'intermediate.der'), asked);
    assert.deepEqual(judgement.findings, []);
    assert.equal(
      judgement.evidence['root'],
      'C=US, O=DigiCert Inc, OU=www.digicert.com, CN=DigiCert Global Root CA',
    );
  });

  it('has ended a year later', async () => {
    const late = new Date('2023-03-01T00:00:00Z');
    const asked = { stores: [store()], profile: real(), host, at: late };
    const judgement = await ask(tls('leaf.der', 'intermediate.der'), asked);
    assert.deepEqual(codes(judgement), ['certificate-expired']);
  });

  it('without its intermediate is incomplete, though nobody told which is missing', async () => {
    const asked = { stores: [store()], profile: real(), host, at };
    assert.deepEqual(codes(await ask(tls('leaf.der'), asked)), ['chain-incomplete']);
  });

  it('is old where a profile replaces its root, from the day of the change', async () => {
    const replaces = [fingerprint256(der('root.der'))];
    const { authorities } = profile;
    const moved = real({ replaces, authorities, effective: '2022-03-01' });
    const asked = { stores: [store()], profile: moved, host };
    const chain = tls('leaf.der', 'intermediate.der');
    assert.deepEqual(codes(await ask(chain, { ...asked, at })), ['old-certificate']);
    const before = new Date('2022-02-28T23:59:59Z');
    assert.deepEqual(codes(await ask(chain, { ...asked, at: before })), []);
  });
});

describe('a mail host on the wire', () => {
  const overTheWire = async (
    tls: { key: string; cert: string } | undefined,
    host = mailHost,
  ): Promise<Judgement> => {
    const server = await startSmtpServer(tls ? { tls } : { ehlo: ['250-mx', '250 XXXXXXXA'] });
    const network = createNetwork({
      platform: 'linux',
      hostName: 'client.example.org',
      elapsed: () => performance.now(),
      now: () => testTime,
      connectTimeoutMs: 20_000,
      requestTimeoutMs: 40_000,
      resolve: [],
      connectTo: [{ toHost: server.host, toPort: server.port }],
      proxy: noProxy,
    });
    try {
      const run = createRun(
        { ...fakeHost({ trustStores: [storeOf([root])] }), network },
        { smtp: [{ host, port: 25 }] },
      );
      const [task] = smtpCheck.tasks(profile, run);
      assert.ok(task);
      const observation = await task.observe(new AbortController().signal);
      assert.deepEqual(
        observation.stages.map(({ name }) => name),
        tls ? ['connect', 'smtp', 'tls', 'verify'] : ['connect', 'smtp'],
      );
      return observation.judge(testTime);
    } finally {
      await server.close();
    }
  };

  it('with the announced certificate has no gap', async () => {
    const judgement = await overTheWire({ key: leaf.keyPem, cert: leaf.pem + ca.pem });
    assert.deepEqual(judgement.findings, []);
    assert.equal(judgement.evidence['protocol'], 'TLSv1.3');
    assert.equal(judgement.evidence['root'], 'C=XX, O=New Trust, CN=New Root');
  });

  it('without its intermediate is incomplete', async () => {
    const judgement = await overTheWire({ key: leaf.keyPem, cert: leaf.pem });
    assert.deepEqual(codes(judgement), ['chain-incomplete']);
  });

  it('behind a firewall that overwrites STARTTLS is stripped', async () => {
    assert.deepEqual(codes(await overTheWire(undefined)), ['starttls-stripped']);
  });
});
