/** Unit files: how values are written, and what depends on the machine. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ServiceDefinition } from '../../../service/service-manager.ts';
import { credentialName, credentialOf } from '../../../service/systemd/credential.ts';
import { canBeWritten, commandLine, word } from '../../../service/systemd/quote.ts';
import { generalSettings, isOurs, unitText } from '../../../service/systemd/unit.ts';

it('words of lists and command lines', () => {
  const words: readonly (readonly [text: string, written: string])[] = [
    ['/usr/bin/certready', '/usr/bin/certready'],
    ['/opt/100%', '/opt/100%%'],
    ['/opt/my mail', '"/opt/my mail"'],
    ['/opt/Süd', '"/opt/Süd"'],
    ['/opt/a"b', '"/opt/a\\"b"'],
    ['/opt/a\\b', '"/opt/a\\\\b"'],
    ["/opt/o'b", '"/opt/o\'b"'],
    ['/opt/a:b', '"/opt/a:b"'],
    [';', '";"'],
    ['', '""'],
  ];
  for (const [text, written] of words) assert.equal(word(text), written, text);
  // Variables are replaced in arguments, not in the program's path.
  assert.equal(commandLine(['/opt/$a', '$HOME', '-c']), '"/opt/$a" "$$HOME" -c');
});

it('paths that no unit can name', () => {
  for (const path of ['/a\nb', '/a\tb', '/a ', '/a\\', '/a\u007f'])
    assert.equal(canBeWritten(path), false, JSON.stringify(path));
  for (const path of ['/a b', '/ä"\\b', '/a%']) assert.equal(canBeWritten(path), true, path);
});

const definition: ServiceDefinition = {
  name: 'eu-1',
  displayName: 'eu-1',
  description: 'Asked 100 % on schedule.',
  program: ['/usr/bin/certready'],
  version: '1.2.3',
  stateDir: '/var/lib/mail/eu-1',
  schedule: '0 * * * *',
  readPaths: [],
  secretFiles: [],
  writeFolders: [],
};

const lines = (
  more: Partial<ServiceDefinition> = {},
  settings: Partial<typeof generalSettings> = {},
): string[] =>
  unitText({ ...definition, ...more }, { ...generalSettings, ...settings }).split('\n');

const has = (text: readonly string[], ...expected: string[]): void => {
  for (const line of expected) assert.ok(text.includes(line), `${line} in\n${text.join('\n')}`);
};

it('what depends on the definition', () => {
  has(lines(), 'Description=Asked 100 %% on schedule.', 'StateDirectory=mail/eu-1', 'UMask=0077');
  has(lines(), 'EnvironmentFile=-/etc/certready/eu-1.env', 'ExecStart=/usr/bin/certready');
  has(
    lines({ configFile: '/etc/a b.yaml' }),
    'ExecStart=/usr/bin/certready --config "/etc/a b.yaml"',
  );
  const secret = '/etc/certready/100% hook';
  has(
    lines({ secretFiles: [secret] }),
    `LoadCredential=${credentialName(secret)}:/etc/certready/100%% hook`,
  );
  const folders = ['/run/eu-1', '/var/log/eu-1/x', '/srv/reports'];
  const writing = lines({ writeFolders: folders }, { writable: ['/srv/reports'], groups: [997] });
  has(writing, 'RuntimeDirectory=eu-1', 'LogsDirectory=eu-1', 'ReadWritePaths=/srv/reports');
  has(writing, 'SupplementaryGroups=997', 'UMask=0022');
});

it('what depends on the machine', () => {
  has(
    lines({}, { systemdVersion: 252 }),
    'Type=notify',
    "ExecReload=/bin/sh -c 'kill -HUP $MAINPID'",
  );
  const later = lines({}, { systemdVersion: 253, notifyAccess: 'all' });
  has(later, 'Type=notify-reload', 'NotifyAccess=all');
  assert.ok(!later.some((line) => line.startsWith('ExecReload')));
  has(lines(), 'ProtectHome=yes');
  has(lines({}, { exposed: ['/tmp/x'] }), 'ProtectHome=yes', 'BindReadOnlyPaths=/tmp/x');
  has(lines({}, { exposed: ['/root/x'] }), 'ProtectHome=tmpfs', 'BindReadOnlyPaths=/root/x');
});

it('a unit is known as ours by a section of its own', () => {
  assert.equal(isOurs(unitText(definition, generalSettings)), true);
  for (const text of ['', '[Service]\nExecStart=/usr/bin/certready\n', '# [X-Certready]\n'])
    assert.equal(isOurs(text), false, text);
});

it('copies of secrets have names that systemd takes, another one for each path', () => {
  const paths = ['/etc/a/hook', '/etc/b/hook', `/etc/${'ä:/'.repeat(80)}x y`];
  const names = paths.map(credentialName);
  assert.equal(new Set(names).size, paths.length);
  for (const name of names) assert.match(name, /^[A-Za-z0-9._-]{1,100}$/);
  const env = { CREDENTIALS_DIRECTORY: '/run/credentials/certready.service' };
  assert.equal(credentialOf(paths[0] ?? '', env), `${env.CREDENTIALS_DIRECTORY}/${names[0] ?? ''}`);
  assert.equal(credentialOf(paths[0] ?? '', {}), undefined);
});
