/** `openssl ocsp`, which fetches by itself, and `openssl crl`, which is handed what curl fetched. */

import { join } from 'node:path';
import {
  type Situation,
  type Tool,
  crlUrls,
  furtherHosts,
  ocspUrl,
  proxyIn,
  runThere,
  timeoutsIn,
  together,
} from './tool.ts';

const askOcsp = (situation: Situation, url: string): ReturnType<typeof runThere> => {
  const file = (name: string): string => join(situation.lab.folder, name);
  const proxy = proxyIn(situation);
  const way = { none: ['-no_proxy', '*'], system: [] }[proxy] ?? ['-proxy', proxy];
  return runThere(situation, [
    ...['openssl', 'ocsp', '-url', url, ...way],
    ...['-timeout', String(Math.ceil(timeoutsIn(situation).request))],
    ...['-issuer', file('root.crt'), '-cert', file('inter.crt'), '-CAfile', file('root.crt')],
  ]);
};

const fetchCrl = `curl -q -s $3 --connect-timeout "$4" --max-time "$5" "$1" |
  openssl crl -inform DER -noout -CAfile "$2"`;

const verifyCrl = (situation: Situation, url: string): ReturnType<typeof runThere> => {
  const { connect, request } = timeoutsIn(situation);
  const proxy = proxyIn(situation);
  const way = { none: '--noproxy *', system: '' }[proxy] ?? `--proxy ${proxy}`;
  const issuer = url.endsWith('/inter.crl') ? 'inter.crt' : 'root.crt';
  const file = join(situation.lab.folder, issuer);
  const args = [url, file, way, String(connect), String(request)];
  return runThere(situation, ['sh', '-f', '-c', fetchCrl, 'sh', ...args]);
};

export const opensslTool: Tool = {
  name: 'openssl',
  ask(situation) {
    if (situation.fault.mail) return Promise.resolve(undefined);
    const hosts = furtherHosts(situation).map((host) => `http://${host}/ocsp/root`);
    return together([
      ...[ocspUrl, ...hosts].map((url) => askOcsp(situation, url)),
      ...crlUrls.map((url) => verifyCrl(situation, url)),
    ]);
  },
};
