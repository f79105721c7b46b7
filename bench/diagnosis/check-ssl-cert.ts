/** The Nagios check: the mail host's certificate with its CRL and OCSP responder, and each CRL by itself. */

import { join } from 'node:path';
import { gapsOf } from '../../test/lab/faults/fault.ts';
import {
  type Situation,
  type Tool,
  crlUrls,
  furtherHosts,
  proxyIn,
  runThere,
  timeoutsIn,
  together,
} from './tool.ts';

const plugin = '/usr/lib/nagios/plugins/check_ssl_cert';
/** Some of what it does has no bound; Nagios would end it after 60 s, which is waited for where nothing is wrong. */
const patienceIn = ({ fault, family }: Situation): string =>
  gapsOf(fault, family).length > 0 ? '15' : '50';

const check = (situation: Situation, ...more: readonly string[]): ReturnType<typeof runThere> => {
  const proxy = proxyIn(situation);
  const { environment } = situation.fault;
  const fault = {
    ...situation.fault,
    ...(proxy !== 'none' &&
      proxy !== 'system' && { environment: { ...environment, http_proxy: proxy } }),
  };
  // Its time-out is for all that it does, one thing after the other
  const seconds = String(Math.ceil(2 * timeoutsIn(situation).request));
  // Mail goes past a web proxy
  const way = proxy === 'none' ? [] : ['--no-proxy-s_client'];
  return runThere({ ...situation, fault }, [
    ...['timeout', patienceIn(situation), plugin, '--ignore-sct', '-t', seconds, ...way],
    ...['--rootcert-file', join(situation.lab.folder, 'root.crt')],
    ...['--temp', situation.lab.folder, '-c', '1', '-w', '2', ...more],
  ]);
};

export const checkSslCertTool: Tool = {
  name: 'check_ssl_cert',
  ask(situation) {
    const hosts = furtherHosts(situation).map((host) => `http://${host}/root.crl`);
    return together([
      check(situation, '-H', 'mx.lab.test', '-p', '25', '-P', 'smtp', '--crl'),
      ...[...crlUrls, ...hosts].map((url) => check(situation, '-f', url)),
    ]);
  },
};
