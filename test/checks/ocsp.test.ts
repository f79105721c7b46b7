import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Planned, planTasks } from '../../agent/run/plan.ts';
import { ocspCheck } from '../../checks/ocsp.ts';
import type { Finding, GapCode, OcspSource, Profile, Run } from '../../checks/types.ts';
import { after, ca, day, make, subject } from '../helpers/ocsp-cases.ts';
import { certId, makeDelegate, ocspResponse } from '../helpers/ocsp-maker.ts';
import {
  type AskedRequest,
  type Reply,
  type Responder,
  networkTo,
  profileWith,
  responderAddress,
  responderUrl,
  runCheck,
  runWith,
  tasksOf,
} from '../helpers/ocsp-responder.ts';
import { makeCa, testTime } from '../helpers/private-ca.ts';

const source: OcspSource = {
  url: responderUrl,
  issuer: 'ca',
  certificate: { authority: 'subject' },
};
const authorities = { ca: ca.der, subject: subject.der };
const good = (): Reply => ({ body: make() });
const answers =
  (body: Uint8Array): Responder =>
  () => ({ body });
const fault = (code: GapCode, target = 'ocsp.test:80', status?: number): Reply => ({
  finding: { code, target, evidence: {} },
  ...(status !== undefined && { status }),
});
const byMethod =
  (replies: Readonly<Record<'POST' | 'GET', Reply>>): Responder =>
  ({ method }) =>
    replies[method];

const check = async (responder: Responder, at = testTime) => {
  const { network, asked } = networkTo(responder);
  const { judgement, observation } = await runCheck({ ocsp: [source], authorities, network }, at);
  return { ...judgement, asked, observation };
};
const brief = (findings: readonly Finding[]): string[] =>
  findings.map(({ code, severity, target }) => [code, target, severity].filter(Boolean).join(' '));

describe('the request', () => {
  it('goes by POST and by GET, with a SHA-1 CertID and nothing else', async () => {
    const { asked } = await check(good);
    assert.deepEqual(asked.map(({ method }) => method).sort(), ['GET', 'POST']);
    const id = certId(ca, subject.serial);
    for (const { der, method, url, headers, limit } of asked) {
      assert.equal(limit, 65_536);
      assert.ok(der.subarray(-id.length).equals(id));
      assert.equal(headers['accept'], 'application/ocsp-response');
      if (method === 'POST') {
        assert.equal(url, responderUrl);
        assert.equal(headers['content-type'], 'application/ocsp-request');
      } else assert.ok(url.startsWith(`${responderUrl}/M`) && url.length <= 255);
    }
  });

  it(
    'does not crowd the responder, nor wait for a POST that hangs',
    { timeout: 60_000 },
    async () => {
      const open = new Set<string>();
      let together = 0;
      const patient: Responder = async ({ method }) => {
        open.add(method);
        together = Math.max(together, open.size);
        await new Promise((resolve) => setTimeout(resolve, 20));
        open.delete(method);
        return good();
      };
      assert.deepEqual(
        (await check(patient)).asked.map(({ method }) => method),
        ['POST', 'GET'],
      );
      assert.equal(together, 1);

      let release: (reply: Reply) => void = () => undefined;
      const hanging = new Promise<Reply>((resolve) => (release = resolve));
      const { evidence } = await check(({ method }) => {
        if (method === 'POST') return hanging;
        release(fault('response-timeout'));
        return good();
      });
      assert.deepEqual(evidence['methods'], { POST: 'response-timeout', GET: 'answered' });
    },
  );

  it('goes by POST alone where the GET would be too long', async () => {
    const { network, asked } = networkTo(good);
    const url = `http://ocsp.test/${'long/'.repeat(40)}`;
    const { judgement } = await runCheck({ ocsp: [{ ...source, url }], authorities, network });
    assert.deepEqual(
      asked.map(({ method }) => method),
      ['POST'],
    );
    assert.deepEqual(judgement.evidence['methods'], { POST: 'answered' });
    assert.deepEqual(judgement.findings, []);
  });

  it('asks about a serial number without its certificate', async () => {
    const { network } = networkTo(good);
    const certificate = { serial: subject.serial.toString(16) };
    const ocsp = [{ ...source, certificate }];
    const { judgement } = await runCheck({ ocsp, authorities: { ca: ca.der }, network });
    assert.deepEqual(judgement.findings, []);
    assert.equal(judgement.evidence['certStatus'], 'good');
  });

  const sha256Only =
    (refusal: number): Responder =>
    ({ der }) =>
      der.includes(Buffer.from('0609608648016503040201', 'hex'))
        ? { body: make({ answers: [{ hash: 'sha256' }] }) }
        : { body: ocspResponse(refusal) };
  for (const [refusal, status] of [
    [1, 'malformedRequest'],
    [6, 'unauthorized'],
  ] as const)
    it(`is made by SHA-256 where SHA-1 is answered ${status}`, async () => {
      const { findings, evidence, asked } = await check(sha256Only(refusal));
      assert.deepEqual(findings, []);
      assert.deepEqual([evidence['certStatus'], evidence['requestHash']], ['good', 'sha256']);
      assert.equal(asked.length, 4);
    });

  const answersOnce: readonly [number, GapCode, number][] = [
    [1, 'ocsp-error', 4],
    [2, 'ocsp-error', 2],
    [3, 'ocsp-try-later', 2],
    [5, 'ocsp-error', 2],
    [6, 'ocsp-unauthorized', 4],
  ];
  for (const [status, code, requests] of answersOnce)
    it(`status ${status} is ${code} after ${requests} requests`, async () => {
      const { findings, asked, evidence } = await check(answers(ocspResponse(status)));
      assert.deepEqual(brief(findings), [`${code} ${responderUrl}`]);
      assert.equal(asked.length, requests);
      assert.equal(evidence['requestHash'], 'sha1');
    });

  it('accepts a SHA-1 CertID for a SHA-256 question', async () => {
    const { findings, evidence } = await check(({ der }) => ({
      body: der.includes(Buffer.from('2b0e03021a', 'hex')) ? ocspResponse(1) : make(),
    }));
    assert.deepEqual(findings, []);
    assert.deepEqual([evidence['hash'], evidence['requestHash']], ['sha1', 'sha256']);
  });
});

describe('the judgement', () => {
  it('fills the evidence', async () => {
    const delegate = makeDelegate(ca);
    const response = make({ signer: delegate });
    const { evidence, findings, observation } = await check(answers(response));
    assert.deepEqual(findings, []);
    assert.deepEqual(
      {
        certStatus: 'good',
        producedAt: '2025-06-03T11:00:00.000Z',
        thisUpdate: '2025-06-03T11:00:00.000Z',
        nextUpdate: '2025-06-07T11:00:00.000Z',
        responder: delegate.keyIdentifier.toString('hex').toUpperCase(),
        delegated: true,
        method: 'POST',
        methods: { POST: 'answered', GET: 'answered' },
        serial: subject.serial.toString(16).toUpperCase(),
        issuer: 'C=BE, O=Example, CN=Issuing CA',
        bytes: response.length,
        address: responderAddress,
      },
      Object.fromEntries(
        [
          ...['certStatus', 'producedAt', 'thisUpdate', 'nextUpdate', 'responder', 'delegated'],
          ...['method', 'methods', 'serial', 'issuer', 'bytes', 'address'],
        ].map((key) => [key, evidence[key]]),
      ),
    );
    assert.deepEqual(
      observation.stages.map(({ name }) => name),
      ['request', 'parse', 'verify'],
    );
  });

  it('tells in a finding what was asked, what came and what is wrong', async () => {
    const { findings } = await check(good, after(5 * day));
    const { reason, ...shown } = findings[0]?.evidence ?? {};
    assert.equal(reason, 'nextUpdate has passed');
    assert.deepEqual(
      [shown['url'], shown['serial'], shown['certStatus'], shown['method']],
      [responderUrl, subject.serial.toString(16).toUpperCase(), 'good', 'POST'],
    );
  });

  it('is made anew for each time, from one observation', async () => {
    const { observation } = await check(good);
    const at = (time: Date) => brief(observation.judge(time).findings);
    assert.deepEqual(at(testTime), []);
    assert.deepEqual(at(after(5 * day)), [`ocsp-expired ${responderUrl}`]);
    assert.deepEqual(at(after(-day)), [`ocsp-not-yet-valid ${responderUrl}`]);
  });

  it('says that the certificate itself has expired', async () => {
    const old = ca.issue({ name: 'old', notAfter: after(-30 * day) });
    for (const reply of [make({ serial: old.serial }), ocspResponse(6)]) {
      const { network } = networkTo(answers(reply));
      const { judgement } = await runCheck({
        ocsp: [source],
        authorities: { ca: ca.der, subject: old.der },
        network,
      });
      const { evidence } = judgement.findings[0] ?? judgement;
      assert.equal(evidence['certificateExpired'], '2025-05-04T12:00:00.000Z');
      assert.match(judgement.summary, /; the certificate itself ended 2025-05-04 12:00Z$/);
    }
  });

  const key = ca.keyIdentifier.toString('hex').toUpperCase();
  const late = { thisUpdate: after(-9 * day), nextUpdate: after(-5 * day) };
  const summaries: readonly [reply: Reply, summary: string][] = [
    [good(), `good until 2025-06-07 11:00Z, signed by the CA itself (${key})`],
    [
      { body: make({ signer: makeDelegate(ca) }) },
      'good until 2025-06-07 11:00Z, signed by CN=OCSP responder',
    ],
    [{ body: make({ answers: [late] }) }, 'ocsp-expired (nextUpdate has passed)'],
    [{ body: make({ answers: [{ status: 'unknown' }] }) }, 'ocsp-unknown'],
    [{ body: ocspResponse(3) }, 'ocsp-try-later (tryLater)'],
    [fault('connect-timeout'), 'connect-timeout'],
  ];
  for (const [reply, summary] of summaries)
    it(`is summed up as ${summary}`, async () => {
      assert.equal((await check(() => reply)).summary, summary);
    });

  const bodies: readonly [name: string, body: Uint8Array, code: GapCode][] = [
    ['nothing', new Uint8Array(), 'unexpected-content'],
    ['text', Buffer.from('Service unavailable'), 'unexpected-content'],
    ['PEM', Buffer.from('-----BEGIN OCSP RESPONSE-----'), 'unexpected-content'],
    ['base64', Buffer.from(make().toString('base64')), 'unexpected-content'],
    ['half a response', make().subarray(0, 100), 'ocsp-malformed'],
    ['a response and more', Buffer.concat([make(), Buffer.of(0)]), 'ocsp-malformed'],
    ['a certificate', subject.der, 'ocsp-malformed'],
  ];
  for (const [name, body, code] of bodies)
    it(`${name} is ${code}`, async () => {
      const { findings } = await check(answers(body));
      assert.deepEqual([...new Set(brief(findings))], [`${code} ${responderUrl}`]);
    });

  it('shows how begins what is no response', async () => {
    const shown = async (body: Buffer) => {
      const { findings } = await check(() => ({ body, status: 200, contentType: 'text/plain' }));
      const { found, bytes, status, contentType } = findings[0]?.evidence ?? {};
      assert.deepEqual([bytes, status, contentType], [body.length, 200, 'text/plain']);
      return found;
    };
    assert.equal(await shown(Buffer.alloc(0)), 'an empty body');
    assert.equal(await shown(Buffer.from('1')), '1');
    assert.equal(await shown(Buffer.from('\u00e4\n')), '???');
    assert.equal(await shown(Buffer.from('a'.repeat(30))), 'a'.repeat(24));
  });

  it('does not mind a wrong content type', async () => {
    const { findings } = await check(() => ({ body: make(), contentType: 'text/html' }));
    assert.deepEqual(findings, []);
  });
});

describe('two methods', () => {
  const revoked = make({ answers: [{ status: 'revoked' }] });
  const stale = make({ answers: [{ thisUpdate: after(-9 * day), nextUpdate: after(-5 * day) }] });
  type MethodsCase = readonly [
    name: string,
    replies: Readonly<Record<'POST' | 'GET', Reply>>,
    method: string,
    findings: readonly string[],
  ];
  const cases: readonly MethodsCase[] = [
    ['both work', { POST: good(), GET: good() }, 'POST', []],
    [
      'a proxy denies POST',
      { POST: fault('proxy-denied'), GET: good() },
      'GET',
      ['proxy-denied ocsp.test:80 warning'],
    ],
    [
      'a page instead of the POST’s answer',
      { POST: fault('block-page', responderUrl, 403), GET: good() },
      'GET',
      [`block-page ${responderUrl} warning`],
    ],
    [
      'GET is reset',
      { POST: good(), GET: fault('connection-reset') },
      'POST',
      ['connection-reset ocsp.test:80 warning'],
    ],
    ...[400, 404, 405, 501].map((status): MethodsCase => [
      `the server does not offer GET, and says ${status}`,
      { POST: good(), GET: fault('http-status', responderUrl, status) },
      'POST',
      [],
    ]),
    [
      'the server fails at GET',
      { POST: good(), GET: fault('http-status', responderUrl, 500) },
      'POST',
      [`http-status ${responderUrl} warning`],
    ],
    [
      'the server does not offer POST, and says so in HTML',
      { POST: fault('block-page', responderUrl, 405), GET: good() },
      'GET',
      [],
    ],
    [
      'a cache serves GET an old answer',
      { POST: good(), GET: { body: stale } },
      'POST',
      [`ocsp-expired ${responderUrl} warning`],
    ],
    [
      'POST says revoked, GET has an old good one',
      { POST: { body: revoked }, GET: good() },
      'POST',
      [`certificate-revoked ${responderUrl}`],
    ],
    [
      'GET says revoked, POST says good',
      { POST: good(), GET: { body: revoked } },
      'GET',
      [`certificate-revoked ${responderUrl}`],
    ],
    [
      'POST is answered with an error',
      { POST: { body: ocspResponse(2) }, GET: good() },
      'GET',
      [`ocsp-error ${responderUrl} warning`],
    ],
    [
      'POST is answered with an old response',
      { POST: { body: stale }, GET: good() },
      'GET',
      [`ocsp-expired ${responderUrl} warning`],
    ],
    [
      'POST is answered with an error, GET with an old response',
      { POST: { body: ocspResponse(3) }, GET: { body: stale } },
      'GET',
      [`ocsp-expired ${responderUrl}`, `ocsp-try-later ${responderUrl} warning`],
    ],
    [
      'POST is answered with an old response, GET with an error',
      { POST: { body: stale }, GET: { body: ocspResponse(3) } },
      'POST',
      [`ocsp-expired ${responderUrl}`, `ocsp-try-later ${responderUrl} warning`],
    ],
    [
      'the same fault twice is one gap',
      { POST: { body: stale }, GET: { body: stale } },
      'POST',
      [`ocsp-expired ${responderUrl}`],
    ],
  ];
  for (const [name, replies, method, expected] of cases)
    it(name, async () => {
      const { findings, evidence } = await check(byMethod(replies));
      assert.deepEqual(brief(findings), expected);
      assert.equal(evidence['method'], method);
    });

  it('says what the one that failed met', async () => {
    const denied: Finding = { code: 'proxy-denied', target: 'ocsp.test:80', evidence: { by: 'p' } };
    const { findings, evidence, observation } = await check(
      byMethod({ POST: { finding: denied }, GET: good() }),
    );
    assert.deepEqual(findings[0]?.evidence, { by: 'p', method: 'POST', otherMethod: 'answered' });
    assert.deepEqual(evidence['methods'], { POST: 'proxy-denied', GET: 'answered' });
    assert.equal(observation.stages[0]?.detail, 'GET');
    const { evidence: other } = await check(
      byMethod({ POST: good(), GET: fault('http-status', responderUrl, 405) }),
    );
    assert.deepEqual(other['methods'], { POST: 'answered', GET: 'http-status 405' });
  });

  it('both fail', async () => {
    const { findings, evidence, observation } = await check(() => fault('connect-timeout'));
    assert.deepEqual([...new Set(brief(findings))], ['connect-timeout ocsp.test:80']);
    assert.equal(evidence['url'], responderUrl);
    assert.deepEqual(
      observation.stages.map(({ detail }) => detail),
      ['POST'],
    );
    assert.deepEqual(evidence['methods'], { POST: 'connect-timeout', GET: 'connect-timeout' });
  });

  it("names the responder's URL, not that of the one request", async () => {
    const { findings } = await check(({ method, url }) =>
      fault('http-status', method === 'GET' ? url : responderUrl, 503),
    );
    assert.deepEqual([...new Set(brief(findings))], [`http-status ${responderUrl}`]);
  });
});

describe('a responder whose URL may be written otherwise', () => {
  it('is named as the profile names it', async () => {
    const url = 'http://OCSP.test/ca';
    const { network } = networkTo((asked) => fault('http-status', new URL(asked.url).href, 503));
    const { judgement } = await runCheck({ ocsp: [{ ...source, url }], authorities, network });
    assert.deepEqual([...new Set(brief(judgement.findings))], [`http-status ${url}`]);
  });
});

describe('a missing certificate', () => {
  const missing = ['connect-timeout:secure.test:80'];
  const withoutIssuer = async (responder: Responder, blockedBy: readonly string[] = missing) => {
    const { network, asked } = networkTo(responder);
    const known = { subject: subject.der };
    const options = { ocsp: [source], authorities: known, missing: blockedBy, network };
    return { ...(await runCheck(options)).judgement, asked };
  };

  it('blocks the verification, while the responder is asked all the same', async () => {
    const { findings, blockedBy, asked } = await withoutIssuer(answers(ocspResponse(6)));
    assert.deepEqual(findings, []);
    assert.deepEqual(blockedBy, missing);
    assert.deepEqual(
      asked.length > 0 && asked.every(({ der }: AskedRequest) => der[0] === 0x30),
      true,
    );
  });
  it('leaves network gaps of the responder standing', async () => {
    const { findings, blockedBy } = await withoutIssuer(() => fault('connect-refused'));
    assert.deepEqual([...new Set(brief(findings))], ['connect-refused ocsp.test:80']);
    assert.deepEqual(blockedBy, missing);
  });
  it('leaves a gap of one method a warning where the other was answered', async () => {
    const { findings, evidence } = await withoutIssuer(
      byMethod({ POST: fault('connection-reset'), GET: { body: ocspResponse(6) } }),
    );
    assert.deepEqual(brief(findings), ['connection-reset ocsp.test:80 warning']);
    assert.equal(evidence['url'], responderUrl);
    assert.deepEqual(evidence['methods'], { POST: 'connection-reset', GET: 'answered' });
  });
  it('hides no malformed answer of one method, nor what the other met', async () => {
    const { findings } = await withoutIssuer(
      byMethod({ POST: fault('connection-reset'), GET: { body: subject.der } }),
    );
    assert.deepEqual(brief(findings), [
      'connection-reset ocsp.test:80 warning',
      `ocsp-malformed ${responderUrl}`,
    ]);
    const { findings: one } = await withoutIssuer(
      byMethod({ POST: { body: ocspResponse(6) }, GET: { body: subject.der } }),
    );
    assert.deepEqual(brief(one), [`ocsp-malformed ${responderUrl}`]);
  });
  it('leaves the serial number, which is asked about and told', async () => {
    const { network, asked } = networkTo(answers(ocspResponse(6)));
    const ocsp = [{ ...source, certificate: { serial: '0A0B' } }];
    const { judgement } = await runCheck({ ocsp, authorities: {}, missing, network });
    assert.ok(asked.every(({ der }) => der.includes(Buffer.from('02020a0b', 'hex'))));
    assert.equal(judgement.evidence['serial'], '0A0B');
    assert.deepEqual(judgement.blockedBy, missing);
  });
  it('may be the one that is asked about', async () => {
    const { network } = networkTo(answers(ocspResponse(6)));
    const options = { ocsp: [source], authorities: { ca: ca.der }, missing, network };
    const { judgement } = await runCheck(options);
    assert.deepEqual(judgement.findings, []);
    assert.deepEqual(judgement.blockedBy, missing);
  });
  it('is unknown where no gap explains it', async () => {
    const { unknown, blockedBy } = await withoutIssuer(answers(ocspResponse(6)), []);
    assert.equal(blockedBy, undefined);
    assert.equal(unknown, 'no certificate of ca');
  });
  it('makes nothing of how a server refuses a question about no CA', async () => {
    const { findings } = await withoutIssuer(() => fault('http-status', responderUrl, 404));
    assert.deepEqual(findings, []);
  });
  it('still sees that the answer is no response', async () => {
    const { findings } = await withoutIssuer(answers(subject.der));
    assert.deepEqual(brief(findings), [`ocsp-malformed ${responderUrl}`]);
  });
  it('that is malformed is no question either', async () => {
    const { network } = networkTo(answers(ocspResponse(6)));
    const broken = { ca: Buffer.from('3000', 'hex'), subject: subject.der };
    const { judgement } = await runCheck({ ocsp: [source], authorities: broken, network });
    assert.notEqual(judgement.unknown, undefined);
  });

  it('that is slow to come does not hold up a dead responder', { timeout: 60_000 }, async () => {
    const { network, asked } = networkTo(() => fault('connect-timeout'));
    let arrive: (der: Buffer) => void = () => undefined;
    const slow = new Promise<Buffer>((resolve) => (arrive = resolve));
    const options = { ocsp: [source], authorities: { ca: slow, subject: subject.der }, network };
    const running = runCheck(options);
    while (asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    arrive(ca.der);
    const { findings } = (await running).judgement;
    assert.deepEqual([...new Set(brief(findings))], ['connect-timeout ocsp.test:80']);
    assert.equal(asked.length, 2);
  });
  it('that is slow to come is used when it comes', { timeout: 60_000 }, async () => {
    // A server that does not take a question about no CA is there all the same
    const { network, asked } = networkTo(() =>
      asked.length <= 2 ? fault('http-status', responderUrl, 404) : good(),
    );
    const slow = new Promise<Buffer>((resolve) => setTimeout(() => resolve(ca.der), 1200));
    const options = { ocsp: [source], authorities: { ca: slow, subject: subject.der }, network };
    const { judgement } = await runCheck(options);
    assert.equal(judgement.evidence['certStatus'], 'good');
  });
});

describe('an aborted run', () => {
  it('rejects, and leaves nothing behind', async () => {
    const { network } = networkTo(good);
    const never = new Promise<Buffer>((_resolve, reject) => {
      setTimeout(() => reject(new Error('aborted')), 1100);
    });
    const [task] = tasksOf({ ocsp: [source], authorities: { ca: never }, network });
    const controller = new AbortController();
    const running = task?.observe(controller.signal);
    controller.abort();
    await assert.rejects(running ?? Promise.resolve());
  });
});

describe('tasks', () => {
  const { network } = networkTo(good);
  const other: OcspSource = { ...source, certificate: { serial: '0A' } };
  const another: OcspSource = { ...source, certificate: { authority: 'second' } };

  it('have ids of their own at one URL', () => {
    const targets = tasksOf({ ocsp: [source, other, another], authorities, network }).map(
      ({ target }) => target,
    );
    assert.deepEqual(targets, [responderUrl, `${responderUrl}#0A`, `${responderUrl}#second`]);
  });
  const planned = async (profiles: readonly Profile[], run: Run): Promise<readonly Planned[]> => {
    const [plan] = planTasks([ocspCheck], profiles, run);
    return (await plan?.tasks) ?? [];
  };
  it('are asked once where the profile repeats itself', async () => {
    const run = runWith({ ocsp: [], authorities, network });
    const padded: OcspSource = { ...source, certificate: { serial: '000A' } };
    const plan = await planned([profileWith([other, padded])], run);
    assert.deepEqual(
      plan.map(({ id }) => id),
      [`ocsp:${responderUrl}`],
    );
  });
  it('of two profiles about the same certificate are one, about others two', async () => {
    const run = runWith({ ocsp: [], authorities, network });
    const pinned = (id: string, name: string, sha256: string) => ({
      ...profileWith([{ ...source, issuer: name, certificate: { serial: '0A' } }], id),
      authorities: [{ id: name, name, root: true, sha256 }],
    });
    const plan = async (...profiles: readonly ReturnType<typeof pinned>[]) =>
      (await planned(profiles, run)).map(({ profiles: needing }) => needing);
    assert.deepEqual(await plan(pinned('a', 'x', 'AA'), pinned('b', 'y', 'AA')), [['a', 'b']]);
    assert.deepEqual(await plan(pinned('a', 'x', 'AA'), pinned('b', 'y', 'BB')), [['a'], ['b']]);
  });
  it('of another CA with the same serial are judged by that CA', async () => {
    const stranger = makeCa({ name: 'Stranger' });
    const { network: wrong } = networkTo(answers(make({ issuer: stranger })));
    const { judgement } = await runCheck({ ocsp: [source], authorities, network: wrong });
    assert.deepEqual(brief(judgement.findings), [`ocsp-certificate-mismatch ${responderUrl}`]);
  });
});
