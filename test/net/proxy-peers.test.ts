/** Proxies as Debian ships them, and the sentences that others say. */

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fixedProxy, systemProxy } from '../../checks/net/proxy.ts';
import type { Finding } from '../../checks/types.ts';
import { freePort } from '../helpers/free-port.ts';
import { findProgram, lacking } from '../helpers/programs.ts';
import { untilOpen } from '../helpers/until-open.ts';
import {
  type LoopbackServer,
  brief,
  der,
  fetchFrom,
  header,
  network,
  onRequest,
  response,
  serve,
  steady,
} from './servers.ts';

const page = '<html><head><title>No</title></head></html>';

/** An origin whose path is the status that it answers with. */
const origin = onRequest((socket, request) => {
  const status = /^\S+ (?:http:\/\/[^/]*)?\/(\d{3})/.exec(request)?.[1] ?? '200';
  const fields = { Server: 'origin/1', Date: new Date().toUTCString() };
  socket.end(response(`${status} Said`, status === '200' ? der : page, fields));
});

const shown = (finding: Finding | undefined): string | undefined =>
  finding && `${finding.code}:${finding.target}`;

interface Peer {
  readonly port: number;
  stop(): Promise<void>;
}

const start = async (program: string, args: readonly string[], port: number): Promise<Peer> => {
  const child = spawn((await findProgram(program)) ?? program, args, { stdio: 'ignore' });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      else {
        child.once('exit', () => resolve());
        child.kill();
      }
    });
  await untilOpen(child, port);
  return { port, stop };
};

const startSquid = async (folder: string, rules: string): Promise<Peer> => {
  const port = await freePort();
  const file = join(folder, `squid-${port}.conf`);
  await writeFile(
    file,
    `http_port 127.0.0.1:${port}
visible_hostname proxy-${port}.test
pid_filename ${folder}/squid-${port}.pid
cache_log ${folder}/squid-${port}.log
access_log none
cache deny all
cache_mem 8 MB
shutdown_lifetime 0 seconds
connect_timeout 1 second
forward_timeout 1 second
connect_retries 0
dns_nameservers 127.0.0.1
dns_timeout 1 second
dns_retransmit_interval 200 milliseconds
acl denied url_regex /denied
acl CONNECT method CONNECT
acl tls port 443
${rules}
`,
  );
  return start('squid', ['-N', '-f', file], port);
};

const startTinyproxy = async (folder: string): Promise<Peer> => {
  const port = await freePort();
  await writeFile(join(folder, 'filter'), '^denied\\.test$\n');
  const file = join(folder, 'tinyproxy.conf');
  await writeFile(
    file,
    `Port ${port}\nListen 127.0.0.1\nTimeout 10\nFilter "${folder}/filter"\nFilterType ere\nConnectPort 443\n`,
  );
  return start('tinyproxy', ['-d', '-c', file], port);
};

describe('through squid', { skip: await lacking('squid', 'openssl') }, () => {
  let folder: string;
  let server: LoopbackServer;
  let open: Peer;
  let locked: Peer;
  let parent: Peer;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certready-squid-'));
    await chmod(folder, 0o777);
    server = await serve(origin);
    const hash = execFileSync('openssl', ['passwd', '-apr1', 'p@ss:w/rd']).toString().trim();
    await writeFile(join(folder, 'users'), `probe:${hash}\n`);
    open = await startSquid(
      folder,
      'http_access deny denied\nhttp_access deny CONNECT !tls\nhttp_access allow all',
    );
    locked = await startSquid(
      folder,
      `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${folder}/users
auth_param basic realm lab
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all`,
    );
    parent = await startSquid(
      folder,
      `cache_peer 127.0.0.1 parent ${locked.port} 0 no-query default login=PASSTHRU
never_direct allow all
http_access allow all`,
    );
  });
  after(async () => {
    await Promise.all([open, locked, parent].map((peer) => peer.stop()));
    await server.close();
    await rm(folder, { recursive: true });
  });

  const fetch = (path: string, peer: Peer = open, credentials = '') =>
    fetchFrom(path.startsWith('/') ? `http://127.0.0.1:${server.port}${path}` : path, {
      proxy: fixedProxy(`http://${credentials}127.0.0.1:${peer.port}`),
    });
  const probe = (peer: Peer, host: string, port: number) =>
    network({ proxy: fixedProxy(`http://127.0.0.1:${peer.port}`) }).probe({ host, port }, steady());

  it('brings the bytes, and resolves and dials nothing', async () => {
    const result = await fetch('/200');
    assert.deepEqual(result.sink?.body(), der);
    assert.deepEqual(
      result.stages.map(({ name }) => name),
      ['proxy', 'request', 'response'],
    );
    assert.equal(result.address, `127.0.0.1:${open.port}`);
    assert.equal(result.serverTimes.length, 1);
  });

  for (const status of [403, 404, 500, 502, 503, 504])
    it(`passes the origin's ${status} on`, async () => {
      const { finding } = await fetch(`/${status}`);
      const code = status === 403 ? 'block-page' : 'http-status';
      assert.equal(shown(finding), `${code}:http://127.0.0.1:${server.port}/${status}`);
      assert.equal(finding?.evidence['proxy'], `127.0.0.1:${open.port}`);
    });

  it('is denied by its rules', async () => {
    const { finding, serverTimes } = await fetch('/denied');
    assert.equal(shown(finding), `proxy-denied:127.0.0.1:${server.port}`);
    assert.equal(finding?.evidence['status'], 403);
    assert.equal(finding.evidence['proxy'], `127.0.0.1:${open.port}`);
    assert.deepEqual(serverTimes, []);
  });

  it('cannot reach a dead origin', async () => {
    const dead = await freePort();
    const { finding } = await fetch(`http://127.0.0.1:${dead}/`);
    assert.equal(shown(finding), `proxy-error:127.0.0.1:${dead}`);
  });

  it('cannot resolve the origin', async () => {
    const { finding } = await fetch('http://nowhere.invalid/x.crl');
    assert.equal(shown(finding), 'proxy-error:nowhere.invalid:80');
  });

  it('wants a password', async () => {
    for (const credentials of ['', 'probe:wrong@']) {
      const { finding } = await fetch('/200', locked, credentials);
      assert.equal(shown(finding), `proxy-auth-required:127.0.0.1:${locked.port}`);
      assert.equal(finding?.evidence['schemes'], 'Basic');
      assert.equal(finding.evidence['credentials'], credentials === '' ? 'none' : 'refused');
      assert.doesNotMatch(JSON.stringify(finding), /wrong/);
    }
  });

  it('takes the password', async () => {
    const result = await fetch('/200', locked, 'probe:p%40ss%3Aw%2Frd@');
    assert.deepEqual(result.sink?.body(), der);
    assert.doesNotMatch(JSON.stringify(result), /p@ss|p%40ss|Basic/);
  });

  it('asks a parent that wants a password', async () => {
    const { finding } = await fetch('/200', parent);
    assert.equal(shown(finding), `proxy-auth-required:127.0.0.1:${parent.port}`);
    assert.deepEqual((await fetch('/200', parent, 'probe:p%40ss%3Aw%2Frd@')).sink?.body(), der);
  });

  it('refuses a tunnel', async () => {
    const { finding } = await fetch('https://127.0.0.1:444/x');
    assert.equal(shown(finding), 'proxy-denied:127.0.0.1:444');
    assert.equal(finding?.evidence['method'], 'CONNECT');
  });

  it('is probed', async () => {
    const well = await probe(open, '127.0.0.1', server.port);
    assert.deepEqual(
      [well.findings, well.addresses, well.proxy],
      [[], [], `127.0.0.1:${open.port}`],
    );
    assert.deepEqual(
      well.stages.map(({ name }) => name),
      ['proxy', 'request'],
    );
    const dead = await freePort();
    assert.equal(
      shown((await probe(open, '127.0.0.1', dead)).findings[0]),
      `proxy-error:127.0.0.1:${dead}`,
    );
    const shut = (await probe(locked, '127.0.0.1', server.port)).findings[0];
    assert.equal(shown(shut), `proxy-auth-required:127.0.0.1:${locked.port}`);
    const tunnel = (await probe(open, '127.0.0.9', 443)).findings[0];
    assert.equal(shown(tunnel), 'proxy-error:127.0.0.9:443');
  });
});

describe('through tinyproxy', { skip: await lacking('tinyproxy') }, () => {
  let folder: string;
  let server: LoopbackServer;
  let peer: Peer;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certready-tinyproxy-'));
    server = await serve(origin);
    peer = await startTinyproxy(folder);
  });
  after(async () => {
    await peer.stop();
    await server.close();
    await rm(folder, { recursive: true });
  });
  const fetch = (url: string) =>
    fetchFrom(url, { proxy: fixedProxy(`http://127.0.0.1:${peer.port}`) });

  it('brings the bytes', async () => {
    assert.deepEqual((await fetch(`http://127.0.0.1:${server.port}/200`)).sink?.body(), der);
  });
  for (const [what, url, expected] of [
    ["passes the origin's 503 on", '/503', 'http-status'],
    ["passes the origin's 404 on", '/404', 'http-status'],
    ['denies', 'http://denied.test/', 'proxy-denied:denied.test:80'],
    ['cannot connect', 'http://127.0.0.9:9/', 'proxy-error:127.0.0.9:9'],
    ['cannot resolve', 'http://nowhere.invalid/', 'proxy-error:nowhere.invalid:80'],
    ['refuses a tunnel', 'https://127.0.0.1:444/', 'proxy-denied:127.0.0.1:444'],
  ] as const)
    it(what, async () => {
      const whole = url.startsWith('/') ? `http://127.0.0.1:${server.port}${url}` : url;
      const gap = url.startsWith('/') ? `${expected}:${whole}` : expected;
      assert.equal(shown((await fetch(whole)).finding), gap);
    });
});

describe('through a proxy that', () => {
  const target = 'http://crl.test/x.crl';
  for (const [what, answer, expected] of [
    ['says 403 and no more', response('403 Forbidden', 'no'), 'proxy-denied:crl.test:80'],
    ['says 502 and no more', response('502 Bad Gateway', ''), 'proxy-error:crl.test:80'],
    ['says 504 and no more', response('504 Timeout', page), 'proxy-error:crl.test:80'],
    ['says 407 and no more', response('407 Auth', page), 'proxy-auth-required:PROXY'],
    [
      'passes a 503 on, with Via',
      response('503 Busy', '', { Via: '1.1 gw' }),
      `http-status:${target}`,
    ],
    [
      'passes a 503 on, with Server',
      response('503 Busy', '', { Server: 'nginx' }),
      `http-status:${target}`,
    ],
    ['passes a 404 on without a trace', response('404 No', ''), `http-status:${target}`],
    ['passes a page on', response('200 OK', page, { Via: '1.1 gw' }), `block-page:${target}`],
    [
      'marks its error by RFC 9209',
      response('504 Timeout', '', { Server: 'x', 'Proxy-Status': 'gw; error=connection_timeout' }),
      'proxy-error:crl.test:80',
    ],
    [
      'marks its denial by RFC 9209',
      response('403 No', '', { Server: 'x', 'Proxy-Status': 'gw; error=http_request_denied' }),
      'proxy-denied:crl.test:80',
    ],
    [
      'shows a rule of squid with 200',
      response('200 OK', page, { 'X-Squid-Error': '200:rule' }),
      'proxy-denied:crl.test:80',
    ],
    [
      'is a Zscaler',
      response('403 Forbidden', page, { Server: 'Zscaler/6.2' }),
      'proxy-denied:crl.test:80',
    ],
    [
      'is an Apache',
      response('502 Proxy Error', page, { Server: 'Apache' }),
      'proxy-error:crl.test:80',
    ],
    [
      'leads to a login',
      response('307 Go', '', { Location: 'http://login.test/x' }),
      'redirected-elsewhere:http://crl.test/x.crl',
    ],
  ] as const)
    it(what, async () => {
      const proxy = await serve(
        onRequest((socket, request) =>
          socket.end(request.includes('login.test') ? response('200 OK', page) : answer),
        ),
      );
      const { finding } = await fetchFrom(target, {
        proxy: fixedProxy(`http://127.0.0.1:${proxy.port}`),
      });
      await proxy.close();
      assert.equal(shown(finding), expected.replace('PROXY', `127.0.0.1:${proxy.port}`));
    });

  it('is not there', async () => {
    for (const [url, cause] of [
      ['http://127.0.0.9:9', 'connect-refused'],
      ['http://proxy.invalid:3128', 'dns-failure'],
    ] as const) {
      const options = { proxy: fixedProxy(url), dnsServers: ['127.0.0.1:9'] };
      const place = url.slice('http://'.length);
      const { finding } = await fetchFrom(target, options);
      assert.equal(shown(finding), `proxy-unreachable:${place}`);
      assert.equal(finding?.evidence['cause'], cause);
      const probed = await network(options).probe({ host: 'crl.test', port: 80 }, steady());
      assert.equal(shown(probed.findings[0]), `proxy-unreachable:${place}`);
    }
  });

  it('never answers', async () => {
    const proxy = await serve(() => undefined);
    const options = { ...brief, proxy: fixedProxy(`http://127.0.0.1:${proxy.port}`) };
    assert.equal(shown((await fetchFrom(target, options)).finding), 'response-timeout:crl.test:80');
    assert.equal(
      shown((await fetchFrom('https://crl.test/', options)).finding),
      'response-timeout:crl.test:443',
    );
    const probed = await network(options).probe({ host: 'crl.test', port: 80 }, steady());
    assert.equal(shown(probed.findings[0]), 'response-timeout:crl.test:80');
    await proxy.close();
  });

  it('is asked in absolute form, with the password and nothing of ours', async () => {
    let seen = '';
    const proxy = await serve(
      onRequest((socket, request) => {
        seen = request;
        socket.end(response('200 OK', der));
      }),
    );
    const url = `http://u:p%20w@127.0.0.1:${proxy.port}`;
    await fetchFrom('http://crl.test:81/a?b', {
      proxy: systemProxy({ platform: 'linux', environment: { http_proxy: url } }),
    });
    await proxy.close();
    assert.match(seen, /^GET http:\/\/crl\.test:81\/a\?b HTTP\/1\.1\r\n/);
    assert.match(seen, /^host: crl\.test:81\r$/im);
    assert.match(
      seen,
      new RegExp(`^proxy-authorization: Basic ${Buffer.from('u:p w').toString('base64')}\r$`, 'im'),
    );
  });

  it('tunnels to where --connect-to leads', async () => {
    let seen = '';
    const proxy = await serve((socket) => {
      socket.on('data', (chunk) => {
        const text = chunk.toString();
        seen += text;
        if (text.startsWith('CONNECT')) socket.write(header('200 Established'));
        else if (text.includes('\r\n\r\n')) socket.end(response('200 OK', der));
      });
    });
    const result = await fetchFrom('http://crl.test/x', {
      proxy: fixedProxy(`http://u:p@127.0.0.1:${proxy.port}`),
      connectTo: [{ toHost: '192.0.2.9', toPort: 8080 }],
    });
    await proxy.close();
    assert.deepEqual(result.sink?.body(), der);
    assert.match(seen, /^CONNECT 192\.0\.2\.9:8080 HTTP\/1\.1\r\n/);
    assert.match(seen, /^GET \/x HTTP\/1\.1\r\n/m);
    assert.equal(seen.match(/proxy-authorization/gi)?.length, 1);
  });
});
