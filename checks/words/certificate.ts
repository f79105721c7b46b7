/** Words for certificates: those that a CA serves and those that a mail host presents. */

import { chainWords } from './certificate-chain.ts';
import { peerWords } from './certificate-peer.ts';
import type { GapWords } from './gap-info.ts';

export const certificateWords: GapWords<'certificate'> = { ...chainWords, ...peerWords };
