/** curl -f -v for each URL that the profile asks for, as an administrator would try them one by one. */

import { join } from 'node:path';
import {
  type Situation,
  type Tool,
  aiaUrl,
  crlUrls,
  furtherHosts,
  proxyIn,
  runThere,
  timeoutsIn,
  together,
} from './tool.ts';

const curl = (situation: Situation, ...more: readonly string[]): ReturnType<typeof runThere> => {
  const { connect, request } = timeoutsIn(situation);
  const proxy = proxyIn(situation);
  const way = { none: ['--noproxy', '*'], system: [] }[proxy] ?? ['--proxy', proxy];
  return runThere(situation, [
    ...['curl', '-q', '-s', '-S', '-v', '-o', '/dev/null', ...way],
    ...['--connect-timeout', String(connect), '--max-time', String(request)],
    ...more,
  ]);
};

export const curlTool: Tool = {
  name: 'curl',
  ask(situation) {
    const { lab, fault } = situation;
    const hosts = furtherHosts(situation).map((host) => `http://${host}/root.crl`);
    const files = [...crlUrls, aiaUrl(situation), ...hosts].map((url) =>
      curl(situation, '-f', '--cacert', join(lab.folder, 'root.crt'), url),
    );
    const ocsp = curl(
      situation,
      ...['-f', '-H', 'Content-Type: application/ocsp-request'],
      ...['--data-binary', `@${join(lab.folder, 'request.der')}`, 'http://ocsp.lab.test/root'],
    );
    const mail = fault.mail
      ? [
          curl(
            situation,
            ...['--ssl-reqd', '--cacert', join(lab.folder, 'root.crt'), '-X', 'NOOP'],
            'smtp://mx.lab.test:25',
          ),
        ]
      : [];
    return together([...files, ocsp, ...mail]);
  },
};
