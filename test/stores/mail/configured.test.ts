import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTransports } from '../../../checks/stores/mail/exim.ts';
import { askOpenSmtpd, parseSmtpdConf } from '../../../checks/stores/mail/opensmtpd.ts';
import { splitTables } from '../../../checks/stores/mail/postfix-policies.ts';
import { askSendmail, parseSendmailCf } from '../../../checks/stores/mail/sendmail.ts';
import { lay, temporaryFolder } from '../read-store.ts';

describe("OpenSMTPD's relays", () => {
  const cases: readonly (readonly [action: string, mail: string])[] = [
    ['relay', 'unused'],
    ['relay host smtp://mx.example.org', 'unused'],
    ['relay host tls.example.org', 'unused'],
    ['relay host smtp+notls://mx.example.org', 'unused'],
    ['relay host smtp+tls://mx.example.org', 'verifies'],
    ['relay host "smtp+tls://mx.example.org" auth <secrets>', 'verifies'],
    ['relay host smtps://user@mx.example.org:465', 'verifies'],
    ['relay host mx.example.org tls', 'verifies'],
    ['relay tls', 'verifies'],
    ['relay host mx.example.org \\\n tls', 'verifies'],
    ['relay host smtp+tls://mx.example.org tls no-verify', 'unused'],
    ['relay # host smtps://mx.example.org', 'unused'],
  ];
  for (const [action, mail] of cases)
    it(`are known: ${action}`, () => {
      const uses = parseSmtpdConf(
        `listen on lo\naction "out" ${action}\nmatch for any action out\n`,
      );
      assert.deepEqual(uses, [{ service: 'out', sources: [{ kind: 'system' }], mail }]);
    });

  it('are no other actions', () => {
    assert.deepEqual(parseSmtpdConf('action "local" maildir alias <aliases>\n'), []);
  });

  it('may stand in macros, and be anything where those are not known', () => {
    const macro = 'relay = "smtps://mx.example.org"\n';
    const action = 'action out relay host $relay\n';
    assert.deepEqual(
      [parseSmtpdConf(macro + action), parseSmtpdConf(action)].map(([use]) => use?.mail),
      ['verifies', 'unknown'],
    );
  });

  it('may have roots of their own', () => {
    const own = 'ca mx.example.org cert "/etc/mail/roots.pem"\nca other cert /etc/other.pem\n';
    for (const [relay, path] of [
      ['hostname mx.example.org\naction out relay tls', '/etc/mail/roots.pem'],
      ['hostname mx.example.net\naction out relay tls', 'system'],
      ['action out relay tls pki other', '/etc/other.pem'],
      ['action out relay tls ca other', '/etc/other.pem'],
      ['action out relay tls', '/etc/mail/roots.pem'],
    ] as const) {
      const [use] = parseSmtpdConf(`${own}${relay}\n`);
      const [source] = use?.sources ?? [];
      assert.equal(source?.kind === 'file' ? source.path : source?.kind, path);
    }
  });

  it('are of a machine that has it', async (t) => {
    const root = await temporaryFolder(t);
    assert.deepEqual(await askOpenSmtpd(root), []);
    await lay(root, {
      'usr/sbin/smtpd': '',
      'usr/sbin/smtpctl': '',
      'etc/smtpd.conf': 'listen on lo\ninclude "/etc/mail/out.conf"\n',
      'etc/mail/out.conf': 'action "out" relay host smtps://mx.example.org\n',
    });
    const [found] = await askOpenSmtpd(root);
    assert.ok(found && 'uses' in found);
    assert.equal(found.uses[0]?.mail, 'verifies');
  });
});

describe('sendmail', () => {
  it('says its roots in sendmail.cf', () => {
    assert.deepEqual(
      parseSendmailCf('# O CACertFile=/no\nO CACertPath=/etc/ssl/certs\nO CACertFile=/etc/x.pem\n'),
      [
        { kind: 'file', path: '/etc/x.pem' },
        { kind: 'folder', path: '/etc/ssl/certs' },
      ],
    );
    assert.deepEqual(parseSendmailCf('O CACertFile\n'), []);
  });

  for (const [access, mail] of [
    ['', 'unused'],
    ['# TLS_Srv:outlook.com VERIFY\n', 'unused'],
    ['TLS_Srv:outlook.com ENCR:128\n', 'unused'],
    ['TLS_Srv:outlook.com VERIFY:128\n', 'verifies'],
  ] as const)
    it(`verifies by its access map: ${JSON.stringify(access)}`, async (t) => {
      const root = await temporaryFolder(t);
      await lay(root, {
        'etc/mail/sendmail.cf': 'O CACertFile=/etc/x.pem\n',
        'etc/mail/access': access,
      });
      assert.deepEqual(await askSendmail(root), []); // removed, its configuration left behind
      await lay(root, { 'usr/libexec/sendmail/sendmail': '' });
      const [found] = await askSendmail(root);
      assert.ok(found && 'uses' in found);
      assert.deepEqual(
        found.uses.map((use) => use.mail),
        [mail],
      );
    });
});

describe("what Exim's own listing says", () => {
  it('is read by transport', () => {
    const transports = parseTransports(
      '\nremote_smtp transport:\nno_body_only\ndriver = smtp\ntls_verify_hosts = \ntls_verify_certificates = system\n\nlocal transport:\ndriver = appendfile\n',
    );
    assert.deepEqual(
      transports.map(({ name, options }) => [name, options.get('driver')]),
      [
        ['remote_smtp', 'smtp'],
        ['local', 'appendfile'],
      ],
    );
    assert.equal(transports[0]?.options.get('tls_verify_hosts'), '');
  });
});

describe("Postfix's lists of tables", () => {
  for (const [maps, tables] of [
    ['', []],
    ['hash:/a, hash:/b', ['hash:/a', 'hash:/b']],
    ['proxy:mysql:/etc/x.cf texthash:/y', ['mysql:/etc/x.cf', 'texthash:/y']],
    [
      'inline:{ a.example=verify, b.example=may } hash:/c',
      ['inline:{ a.example=verify, b.example=may }', 'hash:/c'],
    ],
  ] as const)
    it(`are split: ${maps}`, () => {
      assert.deepEqual(splitTables(maps), tables);
    });
});
