/** Words for what a firewall, a filter or a route does on the way. */

import { connectionWords } from './firewall-connections.ts';
import { inspectionWords } from './firewall-inspection.ts';
import { responseWords } from './firewall-responses.ts';
import type { GapWords } from './gap-info.ts';

export const firewallWords: GapWords<'firewall'> = {
  ...connectionWords,
  ...responseWords,
  ...inspectionWords,
};
