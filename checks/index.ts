/** Every check, in the order in which the report shows them; what explains others comes before them. */

import { aiaCheck } from './aia.ts';
import { clockCheck } from './clock.ts';
import { crlCheck } from './crl.ts';
import { endpointCheck } from './endpoint.ts';
import { ocspCheck } from './ocsp.ts';
import { rootUpdateCheck } from './root-update.ts';
import { smtpCheck } from './smtp.ts';
import { trustStoreCheck } from './trust-store.ts';
import type { Check, DiscoveringCheck } from './types.ts';

export const checks: readonly (Check | DiscoveringCheck)[] = [
  endpointCheck,
  aiaCheck,
  crlCheck,
  ocspCheck,
  rootUpdateCheck,
  trustStoreCheck,
  smtpCheck,
  clockCheck,
];
