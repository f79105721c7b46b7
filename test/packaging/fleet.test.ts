/** packaging/fleet, tested as far as the tools that read it can. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { metricFamilies } from '../../agent/report/metric-families.ts';
import { lacking } from '../helpers/programs.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const fleet = join(root, 'packaging', 'fleet');
const rulesFile = join(fleet, 'prometheus', 'certready.rules.yml');
const ansible = join(fleet, 'ansible');

interface Ran {
  readonly status: number | null;
  readonly said: string;
}

const run = (command: string, args: readonly string[], cwd = fleet): Ran => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
};

const succeeds = (command: string, args: readonly string[], cwd = fleet): string => {
  const { status, said } = run(command, args, cwd);
  assert.equal(status, 0, said);
  return said;
};

/** Every `expr` of a document, at any depth. */
const expressionsOf = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(expressionsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'expr' && typeof inner === 'string' ? [inner] : expressionsOf(inner),
  );
};

/** Grafana puts its variables in as regular expressions. */
const withoutVariables = (expression: string): string =>
  expression.replaceAll(/\$(profile|owner|host)\b/g, '.*');

const dashboard = async (): Promise<unknown> =>
  JSON.parse(await readFile(join(fleet, 'grafana', 'certready.json'), 'utf8'));

// Asked before the first suite: what is registered after an await may run when all seemed to be over.
const noPromtool = await lacking('promtool');
const noAmtool = await lacking('amtool');
const noAnsible = await lacking('ansible-playbook', 'ansible-lint');

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certready-fleet-'));
});
after(() => rm(folder, { recursive: true, force: true }));

describe('Prometheus', { skip: noPromtool }, () => {
  it('takes the scrape configuration and the rules', async () => {
    const scrape = parse(await readFile(join(fleet, 'prometheus', 'scrape.yml'), 'utf8')) as Record<
      string,
      unknown
    >;
    const file = join(folder, 'prometheus.yml');
    await writeFile(file, stringify({ ...scrape, rule_files: [rulesFile] }));
    succeeds('promtool', ['check', 'config', file]);
  });

  it('raises each alert when it is due, and not before', () => {
    succeeds('promtool', ['test', 'rules', 'certready.rules.test.yml'], join(fleet, 'prometheus'));
  });

  it('has a test for every rule', async () => {
    const rules = await readFile(rulesFile, 'utf8');
    const tests = await readFile(join(fleet, 'prometheus', 'certready.rules.test.yml'), 'utf8');
    const names = [...rules.matchAll(/- (?:alert|record): (\S+)/g)].map(([, name = '']) => name);
    assert.ok(names.length > 5);
    for (const name of names) assert.ok(tests.includes(name), name);
  });
});

describe('Alertmanager', { skip: noAmtool }, () => {
  const file = join(fleet, 'alertmanager', 'certready.yml');

  it('takes the configuration', () => {
    succeeds('amtool', ['check-config', file]);
  });

  const routes: readonly (readonly [labels: string, receiver: string])[] = [
    ['alertname=CertreadyGap owner=network', 'network-team'],
    ['alertname=CertreadyGap owner=server', 'mail-team'],
    ['alertname=CertreadyGap owner=ca', 'mail-team'],
    ['alertname=CertreadyGap owner=peer', 'mail-team'],
    ['alertname=CertreadyOldCrlHere owner=network', 'network-team'],
    ['alertname=CertreadyDown', 'mail-team'],
    ['alertname=CertreadyTrouble', 'mail-team'],
    ['alertname=CertreadyTest', 'mail-team'],
  ];
  for (const [labels, receiver] of routes)
    it(`sends ${labels} to the ${receiver}`, () => {
      const args = ['config', 'routes', 'test', `--config.file=${file}`, ...labels.split(' ')];
      const { stdout } = spawnSync('amtool', args, { encoding: 'utf8' });
      assert.equal(stdout.trim(), receiver);
    });
});

describe('the Grafana dashboard', () => {
  it('asks what Prometheus can parse', { skip: noPromtool }, async () => {
    const expressions = expressionsOf(await dashboard()).map(withoutVariables);
    assert.ok(expressions.length > 5);
    const rules = expressions.map((expr, index) => ({ record: `panel:${index}`, expr }));
    const file = join(folder, 'dashboard.rules.yml');
    await writeFile(file, stringify({ groups: [{ name: 'dashboard', rules }] }));
    succeeds('promtool', ['check', 'rules', file]);
  });

  it('has no panel over another, and none without words', async () => {
    const { panels } = (await dashboard()) as {
      panels: {
        title: string;
        description: string;
        gridPos: Record<'x' | 'y' | 'w' | 'h', number>;
      }[];
    };
    for (const [index, { title, description, gridPos: a }] of panels.entries()) {
      assert.ok(title !== '' && description !== '', title);
      assert.ok(a.x + a.w <= 24, title);
      for (const { title: other, gridPos: b } of panels.slice(index + 1)) {
        const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
        assert.ok(apart, `${title} and ${other}`);
      }
    }
  });
});

describe('rules and dashboard', () => {
  it('ask for metrics that certready has', async () => {
    const known = new Set(Object.keys(metricFamilies));
    const rules: unknown = parse(await readFile(rulesFile, 'utf8'));
    for (const expression of [...expressionsOf(rules), ...expressionsOf(await dashboard())])
      for (const [name] of expression.matchAll(/\bcertready_\w+/g))
        assert.ok(known.has(name.replace(/_bucket$/, '')), name);
  });
});

describe('the Ansible role', { skip: noAnsible }, () => {
  it('passes ansible-lint', () => {
    // Offline: it would look for newer versions of itself.
    const args = ['--offline', '-q', '--nocolor', 'roles/certready', 'site.example.yml'];
    succeeds('ansible-lint', args, ansible);
  });

  const mounts =
    process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0
      ? false
      : 'needs root, to give the role an /etc of its own';

  /** Runs the role's configuration on this machine, with an /etc/certready that only it sees. */
  const configure = async (config: unknown): Promise<Ran> => {
    const play = [
      {
        hosts: 'localhost',
        connection: 'local',
        gather_facts: false,
        tasks: [
          {
            name: 'Configure',
            'ansible.builtin.include_role': { name: 'certready', tasks_from: 'configure' },
          },
        ],
        vars: {
          certready_config: config,
          certready_secrets: { webhook: 'whsec_c2VjcmV0' },
          certready_service_state: 'stopped',
        },
      },
    ];
    const playbook = join(folder, 'play.yml');
    const program = join(folder, 'certready');
    await writeFile(playbook, stringify(play));
    const cli = join(root, 'dist', 'certready.js');
    await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`, {
      mode: 0o755,
    });
    const script = `
      mount -t tmpfs tmpfs /mnt && mkdir /mnt/work /mnt/etc /mnt/upper &&
      mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc &&
      export PATH="$1:$PATH" ANSIBLE_ROLES_PATH="$2" ANSIBLE_LOCALHOST_WARNING=false &&
      ansible-playbook -i localhost, "$3" && stat -c '%a %n' /etc/certready/* /etc/certready/secrets/* &&
      cat /etc/certready/config.yaml`;
    const args = ['--mount', 'sh', '-c', script, 'sh', folder, join(ansible, 'roles'), playbook];
    return run('unshare', args, folder);
  };

  it(
    'writes a configuration that certready takes, and secrets that only root reads',
    { skip: mounts },
    async () => {
      const { status, said } = await configure({
        profiles: ['exchange-online-digicert-g2'],
        alerts: [
          {
            type: 'webhook',
            url: 'https://hooks.example.org/certready',
            secret: 'file:/etc/certready/secrets/webhook',
          },
        ],
      });
      assert.equal(status, 0, said);
      assert.match(said, /^600 \/etc\/certready\/secrets\/webhook$/m);
      assert.match(said, /^700 \/etc\/certready\/secrets$/m);
      assert.match(said, /^[- ] secret: file:\/etc\/certready\/secrets\/webhook$/m);
      assert.ok(!said.includes('whsec_'));
    },
  );

  it('leaves the configuration alone where the new one is wrong', { skip: mounts }, async () => {
    const { status, said } = await configure({
      profiles: ['exchange-online-digicert-g2'],
      splya: '60s',
    });
    assert.notEqual(status, 0);
    assert.match(said, /splya/);
  });
});
