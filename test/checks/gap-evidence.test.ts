import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gaps } from '../../checks/gaps.ts';
import type { Evidence, Finding } from '../../checks/types.ts';
import {
  addressesOf,
  afterTime,
  destinationOf,
  parseHostPort,
  proxyOf,
  shown,
  timeOf,
  urlOf,
} from '../../checks/words/evidence.ts';
import { keeperOf, originOf, profileOf, rootAlias, sha256Of } from '../../checks/words/store.ts';

const finding = (target: string, evidence: Evidence = {}): Finding => ({
  code: 'connect-timeout',
  target,
  evidence,
});

describe('where a finding points', () => {
  const cases: readonly (readonly [string, Evidence, string, number, string])[] = [
    ['h.example:8080', {}, 'h.example', 8080, 'http://h.example:8080/'],
    ['h.example:80', { url: 'http://h.example/x.crl' }, 'h.example', 80, 'http://h.example/x.crl'],
    ['[2001:db8::1]:80', {}, '2001:db8::1', 80, 'http://[2001:db8::1]/'],
    ['http://h.example/x', {}, 'h.example', 80, 'http://h.example/x'],
    ['https://h.example/x', {}, 'h.example', 443, 'https://h.example/x'],
    ['http://[2001:db8::1]:81/x', {}, '2001:db8::1', 81, 'http://[2001:db8::1]:81/x'],
    ['x', { host: 'h.example', port: 25 }, 'h.example', 25, 'http://h.example:25/'],
    ['x', { host: 'h.example', port: 70_000 }, 'h.example', 80, 'http://h.example/'],
    ['file:///etc/passwd', {}, 'file:///etc/passwd', 80, 'http://[file:///etc/passwd]:80/'],
    ['x', { url: 'ldap://h.example/x' }, 'x', 80, 'http://x/'],
  ];
  for (const [target, evidence, host, port, url] of cases)
    it(`${target} ${JSON.stringify(evidence)}`, () => {
      assert.deepEqual(destinationOf(finding(target, evidence)), { host, port });
      assert.equal(urlOf(finding(target, evidence)), url);
    });

  for (const text of ['h', 'h:', 'h:0', 'h:65536', 'a b:1', '::1:80', '[::1]', 'h:1:2', 'u@h:1'])
    it(`${text} is no host and port`, () => {
      assert.equal(parseHostPort(text), undefined);
    });
});

describe('what is read of evidence', () => {
  it('takes addresses, plain or with their results, and nothing else', () => {
    const addresses = ['198.51.100.7', { address: '2001:db8::7' }, 'h.example', 7, null];
    assert.deepEqual(addressesOf(finding('x', { address: '192.0.2.1', addresses })), [
      '192.0.2.1',
      '198.51.100.7',
      '2001:db8::7',
    ]);
  });
  for (const [proxy, shownAs] of [
    ['p.example:3128', 'p.example:3128'],
    ['http://user:word@p.example:3128/', 'p.example:3128'],
    ['user:w@rd@p.example:3128', 'p.example:3128'],
  ] as const)
    it(`shows no credentials of ${proxy}`, () => {
      assert.equal(proxyOf(finding('x', { proxy })), shownAs);
    });
  it('tells times', () => {
    assert.equal(afterTime(finding('x', { timeoutMs: 15_000 })), ' after 15 s');
    assert.equal(afterTime(finding('x', { ms: 412.6 })), ' after 413 ms');
    assert.equal(afterTime(finding('x')), '');
    const at = { notAfter: '2025-09-04T01:02:03.004Z', odd: 'soon' };
    assert.equal(timeOf(finding('x', at), 'notAfter'), '2025-09-04 01:02 UTC');
    assert.equal(timeOf(finding('x', at), 'odd'), 'soon');
    assert.equal(timeOf(finding('x', at), 'none'), undefined);
  });
  it('shortens in the middle', () => {
    const text = shown(`${'a'.repeat(100)}.example`, 40);
    assert.equal(text.length, 40);
    assert.match(text, /^a+\.\.\.a+\.example$/);
  });
});

describe('who keeps a trust store', () => {
  const cases: readonly (readonly [string | undefined, string, ReturnType<typeof keeperOf>])[] = [
    ['debian', '/etc/ssl/certs', 'update-ca-certificates'],
    ['redhat', '/etc/pki/tls/certs', 'update-ca-trust'],
    ['suse', '/var/lib/ca-certificates/pem', 'suse'],
    ['openssl-directory', '/etc/ssl/certs', 'update-ca-certificates'],
    ['openssl-directory', '/opt/mta/certs', 'directory'],
    ['openssl-directory', '/etc/ssl/certs-of-mine', 'directory'],
    ['openssl-bundle', '/etc/pki/tls/certs/ca-bundle.crt', 'update-ca-trust'],
    ['openssl-bundle', '/opt/mta/roots', 'bundle'],
    ['p11-kit', '/etc/pki/ca-trust/source', 'update-ca-trust'],
    ['p11-kit', '/usr/share/p11-kit/trust', 'p11-kit'],
    ['postfix', '/var/spool/postfix/etc/ssl/certs', 'update-ca-certificates'],
    ['postfix', '/etc/postfix/roots.pem', 'bundle'],
    ['exim', 'system', 'update-ca-certificates'],
    ['java', '/opt/jdk/lib/security/cacerts', 'java'],
    [undefined, '/opt/jdk/lib/security/cacerts', 'java'],
    ['nss', '/etc/pki/nssdb', 'nss'],
    [undefined, '/etc/pki/nssdb/cert9.db', 'nss'],
    ['windows', 'LocalMachine\\Root', 'windows'],
    [undefined, 'LocalMachine\\AuthRoot', 'windows'],
  ];
  for (const [store, path, keeper] of cases)
    it(`${store ?? 'unknown'} ${path}`, () => {
      const kind = store === undefined ? {} : { store };
      assert.equal(keeperOf(finding(`r1@${path}`, { ...kind, path })), keeper);
      assert.equal(keeperOf(finding(`r1@${path}`, kind)), keeper);
    });

  it('restarts the mail server that keeps a copy', () => {
    const path = '/var/spool/postfix/etc/ssl/certs';
    const evidence = { store: 'postfix', path, profile: 'lab' };
    const missing: Finding = { code: 'root-missing', target: `r1@${path}`, evidence };
    assert.equal(
      gaps['root-missing'].commands(missing, 'linux').at(-1),
      'systemctl restart postfix',
    );
  });
});

describe('what commands take from a finding about a store', () => {
  it('an alias of plain letters', () => {
    assert.equal(rootAlias(finding('R 1/../x@/etc')), 'certready-r-1-x');
    assert.equal(rootAlias(finding('@@@')), 'certready-root');
  });
  it('a profile that is no option', () => {
    assert.equal(profileOf(finding('x', { profile: '--help' })), undefined);
    assert.equal(profileOf(finding('x', { profile: 'lab' })), 'lab');
  });
  it('a SHA-256 that is one', () => {
    assert.equal(
      sha256Of(finding('x', { sha256: 'ab:'.repeat(32).slice(0, -1) })),
      'AB'.repeat(32),
    );
    assert.equal(sha256Of(finding('x', { sha256: 'AB' })), undefined);
  });
  for (const [origin, file, index] of [
    ['/etc/x.pem#12', '/etc/x.pem', 12],
    ['/etc/a#b.pem', '/etc/a#b.pem', 1],
    ['C:\\x.pem#2', 'C:\\x.pem', 2],
  ] as const)
    it(`the place of ${origin}`, () => {
      assert.deepEqual(originOf(finding('x', { origin })), { file, index });
    });
  it('no place of a nickname', () => {
    assert.equal(originOf(finding('x', { origin: 'Builtin Object Token:Root' })), undefined);
  });
});
