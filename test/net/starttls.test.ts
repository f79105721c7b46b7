import assert from 'node:assert/strict';
import { type Socket, connect } from 'node:net';
import { describe, it } from 'node:test';
import type { Dialer } from '../../checks/net/dial.ts';
import { ehloName } from '../../checks/net/smtp-dialogue.ts';
import { starttls } from '../../checks/net/starttls.ts';
import type { Evidence, GapCode, HostPort, StarttlsResult } from '../../checks/types.ts';
import { makeCa } from '../helpers/private-ca.ts';
import { type SmtpServerOptions, startSmtpServer } from '../helpers/smtp-server.ts';
import { dnsName, subjectAltName } from '../helpers/x509-writer.ts';

const root = makeCa({ name: 'Root' });
const ca = root.issue({ name: 'CA', ca: true });
const leaf = ca.issue({
  name: 'CN=mx.example.com',
  extensions: [subjectAltName(dnsName('mx.example.com'))],
});
const rsaLeaf = ca.issue({ name: 'CN=mx.example.com', key: 'rsa' });
const usual = { key: leaf.keyPem, cert: leaf.pem + ca.pem };

/** Every name leads to the port of the server on loopback. */
const dialerTo = ({ host, port }: HostPort): Pick<Dialer, 'dial'> => ({
  dial: () =>
    new Promise((resolve, reject) => {
      const socket = connect({ host, port });
      socket.once('error', reject).once('connect', () => {
        socket.on('error', () => undefined);
        const addresses = [{ address: host, family: 4 as const, ms: 0 }];
        resolve({ stages: [], addresses, socket, address: host });
      });
    }),
});

interface Asked {
  readonly result: StarttlsResult;
  readonly lines: readonly string[];
  readonly connections: number;
}

const ask = async (
  options: SmtpServerOptions,
  { name = 'mx.example.com', hostName = 'client.example.org', timeoutMs = 20_000 } = {},
): Promise<Asked> => {
  const server = await startSmtpServer(options);
  try {
    const result = await starttls(
      { host: name, port: 25 },
      {},
      {
        dialer: dialerTo(server),
        elapsed: () => performance.now(),
        hostName,
        timeoutMs,
        signal: new AbortController().signal,
      },
    );
    return { result, lines: [...server.lines], connections: server.connections() };
  } finally {
    await server.close();
  }
};

const hold = (): void => undefined;

describe('a mail host with STARTTLS', () => {
  it('shows its greeting, session and chain, over one connection', async () => {
    const { result, lines, connections } = await ask({ tls: usual });
    assert.deepEqual(result.findings, []);
    assert.equal(result.banner, '220 mx.example.com ESMTP');
    assert.equal(result.tls?.protocol, 'TLSv1.3');
    assert.match(result.tls.cipher, /^TLS_/);
    assert.notEqual(result.tls.ephemeralKey, undefined);
    assert.deepEqual(
      result.tls.certificates.map((der) => Buffer.from(der)),
      [leaf.der, ca.der],
    );
    assert.deepEqual(
      result.stages.map(({ name }) => name),
      ['smtp', 'tls'],
    );
    assert.deepEqual(lines, ['EHLO client.example.org', 'STARTTLS', 'QUIT']);
    assert.equal(connections, 1);
  });

  it('is told the name that is asked for', async () => {
    const asked: string[] = [];
    const SNICallback = (name: string, done: (error: Error | null) => void): void => {
      asked.push(name);
      done(null);
    };
    await ask({ tls: { ...usual, SNICallback } }, { name: 'mx.example.com.' });
    await ask({ tls: { ...usual, SNICallback } }, { name: '127.0.0.1' });
    assert.deepEqual(asked, ['mx.example.com']);
  });

  it('may greet in several lines', async () => {
    const { result } = await ask({ banner: ['220-first', '220-second', '220 third'], tls: usual });
    assert.deepEqual(result.findings, []);
    assert.equal(result.banner, '220 first second third');
  });

  it('may say its lines in pieces', async () => {
    const { result } = await ask({
      onConnect(socket) {
        socket.write('220-mx.exa');
        setTimeout(() => socket.write('mple.com\r\n220'), 30);
        setTimeout(() => socket.write(' ready\r\n'), 60);
        socket.once('data', () => socket.write('250 only this\r\n'));
      },
    });
    assert.deepEqual(
      result.findings.map(({ code }) => code),
      ['starttls-missing'],
    );
  });

  const versions: readonly [
    name: string,
    tls: SmtpServerOptions['tls'],
    protocol: string,
    key: RegExp | undefined,
  ][] = [
    ['TLS 1.3', { ...usual }, 'TLSv1.3', /^X25519/],
    [
      'TLS 1.3 with P-384 after a retry',
      { ...usual, ecdhCurve: 'P-384' },
      'TLSv1.3',
      /^ECDH secp384r1$/,
    ],
    [
      'TLS 1.3 with ChaCha20',
      { ...usual, ciphers: 'TLS_CHACHA20_POLY1305_SHA256' },
      'TLSv1.3',
      /X25519/,
    ],
    ['TLS 1.3 with AES-128', { ...usual, ciphers: 'TLS_AES_128_GCM_SHA256' }, 'TLSv1.3', /X25519/],
    ['TLS 1.2', { ...usual, maxVersion: 'TLSv1.2' }, 'TLSv1.2', /^(X25519|ECDH prime256v1)$/],
    [
      'TLS 1.2 without forward secrecy',
      {
        key: rsaLeaf.keyPem,
        cert: rsaLeaf.pem + ca.pem,
        maxVersion: 'TLSv1.2',
        ciphers: 'AES128-SHA',
      },
      'TLSv1.2',
      undefined,
    ],
    [
      'TLS 1.2 with finite-field keys',
      {
        key: rsaLeaf.keyPem,
        cert: rsaLeaf.pem + ca.pem,
        maxVersion: 'TLSv1.2',
        ciphers: 'DHE-RSA-AES128-GCM-SHA256',
        dhparam: 'auto',
      },
      'TLSv1.2',
      /^DH \d{4}$/,
    ],
    [
      'TLS 1.1',
      { ...usual, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      'TLSv1.1',
      /./,
    ],
    [
      'TLS 1.0',
      { ...usual, minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' },
      'TLSv1',
      /./,
    ],
  ];
  for (const [name, tls, protocol, key] of versions)
    it(`${name}: session and chain`, async () => {
      const { result, connections } = await ask({ ...(tls && { tls }) });
      assert.deepEqual(result.findings, []);
      assert.equal(result.tls?.protocol, protocol);
      if (key) assert.match(result.tls.ephemeralKey ?? '', key);
      else assert.equal(result.tls.ephemeralKey, undefined);
      assert.equal(result.tls.certificates.length, 2);
      assert.equal(connections, 1);
    });

  const stranger = makeCa({ name: 'Stranger' });
  const cross = stranger.issue({ name: ca.name, key: ca, ca: true });
  const chains: readonly [name: string, chain: readonly { pem: string; der: Buffer }[]][] = [
    ['the leaf alone', [leaf]],
    ['the root too', [leaf, ca, root]],
    ['the wrong order', [leaf, root, ca]],
    ['two certificates of one CA', [leaf, ca, cross]],
    ['strangers', [leaf, stranger, ca, makeCa({ name: 'CN=Other', key: 'rsa' })]],
  ];
  for (const [name, chain] of chains)
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      it(`sends ${name} (${maxVersion}): given as sent`, async () => {
        const cert = chain.map(({ pem }) => pem).join('');
        const { result } = await ask({ tls: { key: leaf.keyPem, cert, maxVersion } });
        assert.deepEqual(
          result.tls?.certificates.map((der) => Buffer.from(der)),
          chain.map(({ der }) => der),
        );
      });

  it('shows a certificate that nobody would trust', async () => {
    const own = makeCa({
      name: 'CN=nobody',
      ca: false,
      notAfter: new Date('2021-01-01T00:00:00Z'),
    });
    const { result } = await ask({ tls: { key: own.keyPem, cert: own.pem } });
    assert.deepEqual(result.findings, []);
    assert.deepEqual(
      result.tls?.certificates.map((der) => Buffer.from(der)),
      [own.der],
    );
  });
});

interface FaultCase {
  name: string;
  options: SmtpServerOptions;
  code: GapCode;
  evidence?: Evidence;
  connections?: number;
  timeoutMs?: number;
}

const reset = (socket: Socket): void => {
  socket.resetAndDestroy();
};
const serverHello = (version: number): Buffer => {
  const body = Buffer.concat([
    Buffer.of(3, version),
    Buffer.alloc(32, 7),
    Buffer.of(0, 0, 0x2f, 0),
  ]);
  const message = Buffer.concat([Buffer.of(2, 0, 0, body.length), body]);
  return Buffer.concat([Buffer.of(22, 3, version, 0, message.length), message]);
};
const alert = (description: number): Buffer => Buffer.of(21, 3, 1, 0, 2, 2, description);

const faults: readonly FaultCase[] = [
  // ------------------------------------------------------------ before STARTTLS
  {
    name: '554 for a greeting',
    options: { banner: ['554 no mail here'] },
    code: 'smtp-rejected',
    evidence: { command: 'connect', reply: 554, text: 'no mail here' },
  },
  {
    name: '421 for a greeting',
    options: { banner: ['421 too busy'] },
    code: 'smtp-rejected',
    evidence: { command: 'connect', reply: 421, text: 'too busy', temporary: true },
  },
  {
    name: '450 greylisting at EHLO',
    options: { ehlo: ['450 4.7.1 try later'] },
    code: 'smtp-rejected',
    evidence: { command: 'EHLO', reply: 450, text: '4.7.1 try later', temporary: true },
  },
  { name: '502 at EHLO', options: { ehlo: ['502 unknown'] }, code: 'smtp-rejected' },
  {
    name: 'another protocol',
    options: { banner: ['SSH-2.0-OpenSSH_9.2'] },
    code: 'smtp-rejected',
    evidence: { command: 'connect', received: 'SSH-2.0-OpenSSH_9.2', problem: 'not an SMTP reply' },
  },
  {
    name: 'codes that change within a reply',
    options: { ehlo: ['250-a', '251 b'] },
    code: 'smtp-rejected',
  },
  {
    name: 'a reply without end',
    options: { onConnect: (socket) => socket.write('220-x\r\n'.repeat(20_000)) },
    code: 'smtp-rejected',
  },
  {
    name: 'a line without end',
    options: { onConnect: (socket) => socket.write('220 '.repeat(50_000)) },
    code: 'smtp-rejected',
  },
  {
    name: 'no STARTTLS',
    options: { ehlo: ['250-mx', '250 SIZE'] },
    code: 'starttls-missing',
    evidence: { keywords: ['SIZE'] },
  },
  {
    name: 'STARTTLS in the greeting line only',
    options: { ehlo: ['250-STARTTLS', '250 SIZE'] },
    code: 'starttls-missing',
  },
  {
    name: 'STARTTLS refused',
    options: { starttls: '454 TLS not available' },
    code: 'starttls-missing',
    evidence: { command: 'STARTTLS', reply: 454, text: 'TLS not available', temporary: true },
  },
  {
    name: 'STARTTLS overwritten',
    options: { ehlo: ['250-mx', '250-SIZE', '250 XXXXXXXA'] },
    code: 'starttls-stripped',
    evidence: { keywords: ['SIZE', 'XXXXXXXA'], overwritten: ['XXXXXXXA'] },
  },
  {
    name: 'STARTTLS overwritten with X alone',
    options: { ehlo: ['250-mx', '250-XXXXXXXX', '250 SIZE'] },
    code: 'starttls-stripped',
  },
  {
    name: 'a greeting starred out',
    options: { banner: ['220 **************************0*******0****'], ehlo: ['250 mx'] },
    code: 'starttls-stripped',
  },
  {
    name: 'an experimental keyword',
    options: { ehlo: ['250-mx', '250-XCLIENT', '250 XEXCH50'] },
    code: 'starttls-missing',
  },
  // ------------------------------------------------------------ the network
  {
    name: 'a reset instead of a greeting',
    options: { banner: null, shouldReset: () => true },
    code: 'connection-reset',
    evidence: { command: 'connect', closed: 'RST' },
    connections: 2,
  },
  {
    name: 'an end instead of a greeting',
    options: { onConnect: (socket) => socket.end() },
    code: 'connection-reset',
    evidence: { command: 'connect', closed: 'FIN' },
    connections: 2,
  },
  {
    name: 'no greeting',
    options: { onConnect: hold },
    code: 'response-timeout',
    evidence: { command: 'connect' },
    timeoutMs: 1500,
  },
  {
    name: 'half a greeting',
    options: { onConnect: (socket) => socket.write('220-mx') },
    code: 'response-stalled',
    evidence: { command: 'connect', received: '220-mx' },
    timeoutMs: 1500,
  },
  {
    name: 'no answer to EHLO',
    options: { ehlo: [] },
    code: 'response-timeout',
    evidence: { command: 'EHLO' },
    timeoutMs: 1500,
  },
  // ------------------------------------------------------------ from STARTTLS on
  {
    name: 'a reset after STARTTLS',
    options: { onStarttls: reset },
    code: 'connection-reset',
    evidence: { stage: 'tls', closed: 'RST' },
    connections: 2,
  },
  {
    name: 'a reset at the ClientHello',
    options: { onStarttls: (socket) => socket.once('data', () => reset(socket)) },
    code: 'connection-reset',
    connections: 2,
  },
  {
    name: 'an end at the ClientHello',
    options: { onStarttls: (socket) => socket.once('data', () => socket.end()) },
    code: 'connection-reset',
    evidence: { stage: 'tls', closed: 'FIN' },
    connections: 2,
  },
  {
    name: 'no answer to the ClientHello',
    options: { onStarttls: hold },
    code: 'response-timeout',
    evidence: { stage: 'tls' },
    timeoutMs: 1500,
  },
  {
    name: 'half an answer to the ClientHello',
    options: {
      onStarttls: (socket) =>
        socket.once('data', () => socket.write(serverHello(3).subarray(0, 9))),
    },
    code: 'response-stalled',
    timeoutMs: 1500,
  },
  {
    name: 'an answer that is not TLS',
    options: { onStarttls: (socket) => socket.once('data', () => socket.write('500 what?\r\n')) },
    code: 'tls-handshake-failed',
    evidence: { problem: 'what came is not TLS', received: '500 what?' },
    connections: 1,
  },
  {
    name: 'talk before the handshake',
    options: { starttls: '220 go ahead\r\n250 injected' },
    code: 'tls-handshake-failed',
    connections: 1,
  },
  {
    name: 'an alert',
    options: { onStarttls: (socket) => socket.once('data', () => socket.end(alert(40))) },
    code: 'tls-handshake-failed',
    evidence: { alert: 40 },
    connections: 1,
  },
  {
    name: 'none of the versions',
    options: { onStarttls: (socket) => socket.once('data', () => socket.end(alert(70))) },
    code: 'tls-version-too-low',
    evidence: { alert: 70 },
  },
  {
    name: 'a TLS 1.0 handshake that fails',
    options: {
      onStarttls: (socket) =>
        socket.once('data', () => socket.end(Buffer.concat([serverHello(1), alert(40)]))),
    },
    code: 'tls-handshake-failed',
    evidence: { protocol: 'TLSv1' },
  },
  {
    name: 'no cipher in common',
    options: {
      tls: {
        key: rsaLeaf.keyPem,
        cert: rsaLeaf.pem,
        maxVersion: 'TLSv1.2',
        ciphers: 'NULL-SHA256:@SECLEVEL=0',
      },
    },
    code: 'tls-handshake-failed',
    evidence: { alert: 40 },
  },
];

describe('a mail host that fails', { concurrency: 8 }, () => {
  for (const { name, options, code, evidence = {}, connections, timeoutMs } of faults)
    it(`${name}: ${code}`, async () => {
      const asked = await ask(options, { ...(timeoutMs !== undefined && { timeoutMs }) });
      const [finding, ...more] = asked.result.findings;
      assert.equal(finding?.code, code);
      assert.deepEqual(more, []);
      assert.equal(finding.target, 'mx.example.com:25');
      const shown = Object.fromEntries(
        Object.keys(evidence).map((key) => [key, finding.evidence[key]]),
      );
      assert.deepEqual(shown, evidence);
      assert.equal(finding.evidence['address'], '127.0.0.1');
      assert.equal(asked.result.tls, undefined);
      if (connections !== undefined) assert.equal(asked.connections, connections);
    });

  it('is asked again after a reset, and may do better', async () => {
    let resets = 1;
    const { result, connections } = await ask({ tls: usual, shouldReset: () => resets-- > 0 });
    assert.deepEqual(result.findings, []);
    assert.equal(connections, 2);
  });

  it('ends at once when the run is called off', async () => {
    const server = await startSmtpServer({ onConnect: hold });
    const controller = new AbortController();
    const reason = new Error('called off');
    setTimeout(() => controller.abort(reason), 50);
    const asked = starttls(
      { host: 'mx.example.com', port: 25 },
      {},
      {
        dialer: dialerTo(server),
        elapsed: () => performance.now(),
        hostName: 'x',
        timeoutMs: 60_000,
        signal: controller.signal,
      },
    );
    await assert.rejects(asked, reason);
    await server.close();
  });
});

describe('the name in EHLO', () => {
  const names: readonly [hostName: string, address: string, expected: string][] = [
    ['mx1.example.org', '192.0.2.1', 'mx1.example.org'],
    ['mx1.example.org.', '192.0.2.1', 'mx1.example.org'],
    ['mx1', '192.0.2.1', '[192.0.2.1]'],
    ['DESKTOP_1.local', '192.0.2.1', '[192.0.2.1]'],
    ['192.0.2.9', '192.0.2.1', '[192.0.2.1]'],
    ['', '2001:db8::1', '[IPv6:2001:db8::1]'],
    ['', 'fe80::1%eth0', '[IPv6:fe80::1]'],
    ['', '::ffff:192.0.2.1', '[192.0.2.1]'],
    ['mx\r\nRCPT TO:<x>', '192.0.2.1', '[192.0.2.1]'],
  ];
  for (const [hostName, address, expected] of names)
    it(`${JSON.stringify(hostName)} at ${address}: ${expected}`, () => {
      assert.equal(ehloName(hostName, address), expected);
    });
});
