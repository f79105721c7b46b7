/** What a mail server's configuration says of the roots that its outgoing mail is verified with. */

import type { TrustStore } from '../../types.ts';
import type { TlsLibrary } from '../certificate-form.ts';

/** Where a program takes roots from: a file, a folder with hash links, or what the system has. */
export type RootSource =
  | {
      readonly kind: 'file' | 'folder';
      readonly path: string;
      /** The folder that the program copies it from when it starts. */
      readonly copyOf?: string;
    }
  | { readonly kind: 'system' };

/** One way in which the program sends: roots from all of the sources together. */
export interface MailUse {
  /** The service or transport, as its configuration names it. */
  readonly service: string;
  readonly sources: readonly RootSource[];
  /** Whether mail stops when the roots do not vouch for the other side; `unknown` where that depends. */
  readonly mail: TrustStore['mail'];
  /** Why it cannot be told what the sources are: then they are but a guess. */
  readonly undetermined?: string;
  /** Domains that it is for, where it is not for all mail. */
  readonly destinations?: readonly string[];
}

export type MailTrust =
  | {
      readonly program: string;
      /** The configuration file, for what is wrong with it as a whole. */
      readonly configuration: string;
      readonly uses: readonly MailUse[];
      /** What it reads files and folders with; absent: OpenSSL. */
      readonly library?: TlsLibrary;
    }
  /** It is installed, and could not be asked. */
  | { readonly program: string; readonly configuration: string; readonly failure: string };

/** The graver of two: who verifies outweighs who may, and who may who does not. */
export const graver = (a: TrustStore['mail'], b: TrustStore['mail']): TrustStore['mail'] => {
  if (a === 'verifies' || b === 'verifies') return 'verifies';
  return a === 'unknown' || b === 'unknown' ? 'unknown' : 'unused';
};

/** The destinations of two uses of one store together: all, where one of them is for all. */
export const eitherOf = (
  a: MailUse['destinations'],
  b: MailUse['destinations'],
): MailUse['destinations'] => a && b && [...new Set([...a, ...b])];
