import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { located } from '../../agent/run/locate.ts';
import type { Evidence, Finding, Stage } from '../../checks/types.ts';
import { finding, judgement } from '../helpers/fake-run.ts';

const direct: readonly Stage[] = [
  { name: 'dns', ms: 3, detail: '198.51.100.7' },
  { name: 'connect', ms: 12, detail: '198.51.100.7' },
  { name: 'parse', ms: 1 },
];
const byProxy: readonly Stage[] = [
  { name: 'proxy', ms: 4, detail: 'proxy.example.org:3128' },
  { name: 'request', ms: 9 },
];

describe('where a fault happened', () => {
  const cases: readonly [string, Finding, readonly Stage[], Evidence][] = [
    [
      'what the stages show of a URL',
      finding('unexpected-content', 'http://crl.example.org/a.crl'),
      direct,
      { stage: 'parse', ms: 1, address: '198.51.100.7', port: 80 },
    ],
    [
      'what the stages show of a host',
      finding('connection-reset', 'mx.example.org:25'),
      direct.slice(0, 2),
      { stage: 'connect', ms: 12, address: '198.51.100.7', port: 25 },
    ],
    [
      'the proxy in the place of an address',
      finding('unexpected-content', 'https://crl.example.org/a.crl'),
      byProxy,
      { stage: 'request', ms: 9, proxy: 'proxy.example.org:3128', port: 443 },
    ],
    [
      'what the check says itself',
      finding('connect-timeout', 'a:80', {
        evidence: { stage: 'connect', ms: 5000, address: '192.0.2.1' },
      }),
      direct,
      { stage: 'connect', ms: 5000, address: '192.0.2.1', port: 80 },
    ],
    ['nothing of what is no fault of the path', finding('crl-expired', 'http://a/x'), direct, {}],
    ['nothing where no stage was reached', finding('dns-not-found', 'a'), [], {}],
  ];
  for (const [name, seen, stages, evidence] of cases)
    it(`is ${name}`, () => {
      const { findings } = located(judgement({ findings: [seen] }), stages);
      assert.deepEqual(
        findings.map((one) => one.evidence),
        [evidence],
      );
    });
});
