/** Prometheus' blackbox exporter: an HTTP probe for each file, SMTP with STARTTLS for the mail host. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Answer, answerOf, usualResolvers } from '../../test/lab/lab.ts';
import { ended, leashed } from '../../test/lab/leash.ts';
import {
  type Situation,
  type Tool,
  type Verdict,
  aiaUrl,
  crlUrls,
  furtherHosts,
  proxyIn,
  timeoutsIn,
} from './tool.ts';

const address = '127.0.0.1:9115';

/** The modules of its documentation, with the lab's time-outs and trust. */
const config = (situation: Situation): string => {
  const root = join(situation.lab.folder, 'root.crt');
  const timeout = `${timeoutsIn(situation).request}s`;
  const proxy = proxyIn(situation);
  return `modules:
  http_2xx:
    prober: http
    timeout: ${timeout}
    http:
      ${proxy === 'none' ? '' : `proxy_url: "${proxy}"`}
      tls_config: { ca_file: "${root}" }
  smtp_starttls:
    prober: tcp
    timeout: ${timeout}
    tcp:
      query_response:
        - expect: "^220 "
        - send: "EHLO prober\\r"
        - expect: "^250-STARTTLS"
        - send: "STARTTLS\\r"
        - expect: "^220"
        - starttls: true
        - send: "EHLO prober\\r"
        - expect: "^250"
        - send: "QUIT\\r"
      tls_config: { ca_file: "${root}", server_name: mx.lab.test }
`;
};

interface Probe {
  readonly module: 'http_2xx' | 'smtp_starttls';
  readonly target: string;
}

const probesOf = async (situation: Situation): Promise<readonly Probe[]> => {
  const request = await readFile(join(situation.lab.folder, 'request.der'));
  const ocsp = `http://ocsp.lab.test/${encodeURIComponent(request.toString('base64'))}`;
  const hosts = furtherHosts(situation).map((host) => `http://${host}/root.crl`);
  const files = [...crlUrls, aiaUrl(situation), ocsp, ...hosts];
  return [
    ...files.map((target) => ({ module: 'http_2xx' as const, target })),
    ...(situation.fault.mail
      ? [{ module: 'smtp_starttls' as const, target: 'mx.lab.test:25' }]
      : []),
  ];
};

/** Asks the exporter, which runs on the mail server. */
const ask = ({ lab }: Situation, path: string): Promise<Answer> =>
  answerOf(lab.net.on('mx', 'curl', '-q', '-s', '--noproxy', '*', `http://${address}${path}`), {
    PATH: process.env['PATH'],
  });

const untilReady = async (situation: Situation): Promise<void> => {
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await ask(situation, '/-/healthy')).exitCode === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the blackbox exporter does not answer');
};

const probe = async (situation: Situation, { module, target }: Probe): Promise<Answer> => {
  const query = new URLSearchParams({ module, target, debug: 'true' }).toString();
  const answer = await ask(situation, `/probe?${query}`);
  return { ...answer, exitCode: /^probe_success 1$/m.test(answer.stdout) ? 0 : 1 };
};

/** Its log of the probe: without the metrics and the configuration that stand below it. */
const logOf = ({ stdout }: Answer): string => stdout.split(/^Metrics that would/m)[0] ?? '';

const askAll = async (situation: Situation): Promise<Verdict> => {
  const answers = await Promise.all(
    (await probesOf(situation)).map((one) => probe(situation, one)),
  );
  const failed = answers.filter(({ exitCode }) => exitCode !== 0);
  return {
    noticed: failed.length > 0,
    said: failed.map(logOf).join('\n'),
    ms: Math.max(...answers.map(({ elapsedMs }) => elapsedMs)),
  };
};

export const blackboxTool: Tool = {
  name: 'blackbox exporter',
  async ask(situation) {
    // This version takes a proxy from its configuration alone
    if (proxyIn(situation) === 'system') return undefined;
    const { lab, fault, family } = situation;
    const file = join(lab.folder, 'blackbox.yml');
    await writeFile(file, config(situation));
    const command = ['prometheus-blackbox-exporter', `--config.file=${file}`];
    const words = await lab.onMailServer(
      [...command, `--web.listen-address=${address}`],
      (fault.resolvers ?? usualResolvers)(family),
    );
    const exporter = leashed(words, { stdio: 'ignore' });
    try {
      await untilReady(situation);
      return await askAll(situation);
    } finally {
      await ended(exporter);
    }
  },
};
