import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { type RunCommand, commandRunner } from '../../../checks/stores/commands.ts';
import { discoverTrustStores } from '../../../checks/stores/index.ts';
import { makeCa } from '../../helpers/private-ca.ts';
import { lay, temporaryFolder, verdictIn } from '../read-store.ts';
import { exim, skip, withUser } from './exim-lab.ts';

const runCommand = commandRunner('linux', {});

/** The real Exim on a configuration of the test's own, and no other program. */
const eximOnly = async (t: TestContext, configuration: string): Promise<RunCommand> => {
  const command = [...(await withUser(t)), exim ?? ''];
  return (program, args) =>
    program === 'exim4'
      ? runCommand(command[0] ?? '', [...command.slice(1), '-C', configuration, ...args])
      : Promise.resolve({ absent: true });
};

const r1 = makeCa({ name: 'O=Example, CN=Example Root R1' });
const bundle = '/etc/ssl/certs/ca-certificates.crt';
const system = '/etc/ssl/certs';

describe("Exim's stores", { skip }, () => {
  const cases: Readonly<
    Record<string, { options: readonly string[]; expected: Record<string, string> }>
  > = {
    'mail goes in spite of the roots, by default': {
      options: [],
      expected: { [system]: 'unused' },
    },
    "the system's are verified with": {
      options: ['tls_verify_hosts = *'],
      expected: { [system]: 'verifies' },
    },
    "the system's bundle is verified with": {
      options: ['tls_verify_hosts = *.example.org', `tls_verify_certificates = ${bundle}`],
      expected: { [system]: 'verifies' },
    },
    "Debian's way to name the bundle": {
      options: [
        'tls_verify_hosts = *',
        `tls_verify_certificates = \${if exists{${bundle}}{${bundle}}{/dev/null}}`,
      ],
      expected: { [system]: 'verifies' },
    },
    'a file of its own': {
      options: ['tls_verify_hosts = *', 'tls_verify_certificates = FOLDER/roots.pem'],
      expected: { [system]: 'unused', 'FOLDER/roots.pem': 'verifies' },
    },
    'a file of its own that decides nothing': {
      options: ['tls_verify_certificates = FOLDER/roots.pem'],
      expected: { [system]: 'unused', 'FOLDER/roots.pem': 'unused' },
    },
    'a file that depends on the delivery': {
      options: ['tls_verify_hosts = *', 'tls_verify_certificates = /roots/${domain}.pem'],
      expected: { [system]: 'unknown', 'exim4 -bP transports': 'unknown' },
    },
    'a file that another program names': {
      options: ['tls_verify_hosts = *', 'tls_verify_certificates = ${run{/bin/echo /roots.pem}}'],
      expected: { [system]: 'unknown', 'exim4 -bP transports': 'unknown' },
    },
    'a file that depends on nothing but the machine': {
      options: [
        'tls_verify_hosts = *',
        'tls_verify_certificates = ${if exists{/nowhere}{/nowhere}{FOLDER/roots.pem}}',
      ],
      expected: { [system]: 'unused', 'FOLDER/roots.pem': 'verifies' },
    },
    "the system's, kept in memory": {
      options: ['tls_verify_hosts = *', 'tls_verify_certificates = system,cache'],
      expected: { [system]: 'verifies' },
    },
    'hosts that depend on the delivery': {
      options: ['tls_verify_hosts = ${lookup{$domain}lsearch{/etc/verified}}'],
      expected: { [system]: 'unknown' },
    },
  };
  for (const [what, { options, expected }] of Object.entries(cases))
    it(`are known: ${what}`, async (t) => {
      const folder = await temporaryFolder(t);
      const configuration = join(folder, 'exim.conf');
      const transport = ['out:', '  driver = smtp', ...options.map((option) => `  ${option}`)];
      await lay(folder, {
        'roots.pem': r1.pem,
        'exim.conf': [
          'keep_environment =',
          'begin transports',
          ...transport,
          'here:',
          '  driver = appendfile',
          '  file = /dev/null',
          '',
        ]
          .join('\n')
          .replaceAll('FOLDER', folder),
      });
      const run = await eximOnly(t, configuration);
      const stores = await discoverTrustStores({ platform: 'linux', env: {}, run });
      const wanted = stores.filter(({ kind }) => ['exim', 'debian'].includes(kind));
      assert.deepEqual(
        Object.fromEntries(wanted.map(({ name, mail }) => [name.replace(folder, 'FOLDER'), mail])),
        expected,
      );
      const own = wanted.find(({ kind }) => kind === 'exim');
      if (own?.path.startsWith(folder) === true) assert.equal(await verdictIn(own, r1.der), 'ok');
    });
});
