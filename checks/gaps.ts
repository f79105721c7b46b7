/**
 * Every gap's words, once. `Record<GapCode, GapInfo>` makes the compiler insist on them:
 * a code without a title, a consequence, a remedy and commands does not compile.
 */

import type { GapCode } from './types.ts';
import { certificateWords } from './words/certificate.ts';
import { clockWords } from './words/clock.ts';
import { dnsWords } from './words/dns.ts';
import { endpointWords } from './words/endpoint.ts';
import { firewallWords } from './words/firewall.ts';
import type { GapInfo } from './words/gap-info.ts';
import { mailServerWords } from './words/mail-server.ts';
import { proxyWords } from './words/proxy.ts';
import { revocationWords } from './words/revocation.ts';
import { rootStoreWords } from './words/root-store.ts';

export type { GapInfo } from './words/gap-info.ts';

export const gaps: Readonly<Record<GapCode, GapInfo>> = {
  ...dnsWords,
  ...firewallWords,
  ...proxyWords,
  ...endpointWords,
  ...revocationWords,
  ...certificateWords,
  ...rootStoreWords,
  ...mailServerWords,
  ...clockWords,
};
