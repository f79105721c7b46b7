/** Colours for a terminal (ECMA-48 SGR). They repeat what the words say; nothing is said by colour alone. */

import type { CheckStatus, Severity } from '../../checks/types.ts';
import type { Verdict } from './report.ts';

export type Tone = 'good' | 'bad' | 'doubtful' | 'unclear' | 'heading';

const codes: Record<Tone, string> = {
  good: '1;32',
  bad: '1;31',
  doubtful: '1;33',
  unclear: '1;35',
  heading: '1',
};

export type Paint = (tone: Tone, text: string) => string;

export const paintFor = (color: boolean): Paint =>
  color ? (tone, text) => `\u001b[${codes[tone]}m${text}\u001b[0m` : (_tone, text) => text;

export const verdictTones: Record<Verdict, Tone> = {
  ready: 'good',
  warning: 'doubtful',
  'not-ready': 'bad',
  unknown: 'unclear',
};

export const severityTones: Record<Severity, Tone> = { critical: 'bad', warning: 'doubtful' };

export const statusTones: Record<CheckStatus, Tone> = {
  ok: 'good',
  warning: 'doubtful',
  critical: 'bad',
  unknown: 'unclear',
  blocked: 'unclear',
  skipped: 'heading',
};
