/** GeneralNames and GeneralSubtrees (RFC 5280 4.2.1.6 and 4.2.1.10), by the forms that certready uses. */

import { DerError, type DerReader, contextConstructed, contextPrimitive } from './der.ts';
import { type Name, parseName } from './name.ts';
import { readSmallInteger } from './values.ts';

/** Latin-1, so that no byte is lost; IA5String where it is well formed. */
export const ascii = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

export interface GeneralNames {
  readonly dnsNames: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly directoryNames: readonly Name[];
  readonly uris: readonly string[];
  /** 4 or 16 bytes each; twice that in name constraints. */
  readonly ipAddresses: readonly Uint8Array[];
  /** The context tag numbers of names in other forms. */
  readonly others: readonly number[];
}

const maxGeneralNames = 2000;

/** Reads all names that `reader` holds. */
export const readGeneralNames = (reader: DerReader): GeneralNames => {
  const names = noNames();
  for (let count = 0; !reader.isDone(); count++) {
    if (count >= maxGeneralNames)
      throw new DerError(`more than ${maxGeneralNames} names`, reader.offset);
    readGeneralName(reader, names);
  }
  return names;
};

interface Collected {
  dnsNames: string[];
  emailAddresses: string[];
  directoryNames: Name[];
  uris: string[];
  ipAddresses: Uint8Array[];
  others: number[];
}

const noNames = (): Collected => ({
  dnsNames: [],
  emailAddresses: [],
  directoryNames: [],
  uris: [],
  ipAddresses: [],
  others: [],
});

const readGeneralName = (reader: DerReader, into: Collected): void => {
  const tlv = reader.read();
  const content = reader.content(tlv);
  switch (tlv.tag) {
    case contextPrimitive(1):
      into.emailAddresses.push(ascii(content));
      break;
    case contextPrimitive(2):
      into.dnsNames.push(ascii(content));
      break;
    case contextConstructed(4):
      into.directoryNames.push(parseName(content));
      break;
    case contextPrimitive(6):
      into.uris.push(ascii(content));
      break;
    case contextPrimitive(7):
      into.ipAddresses.push(content);
      break;
    case contextConstructed(0):
    case contextConstructed(3):
    case contextConstructed(5):
    case contextPrimitive(8):
      into.others.push(tlv.tag & 0x1f);
      break;
    default:
      throw new DerError('not a general name', tlv.start);
  }
};

/** It must be 0 (RFC 5280 4.2.1.10), and needs no writing then; NSS's certutil writes it. */
const skipMinimum = (subtree: DerReader): void => {
  if (subtree.peek() !== contextPrimitive(0)) return;
  const at = subtree.offset;
  if (readSmallInteger(subtree, contextPrimitive(0)) !== 0)
    throw new DerError('minimum above 0', at);
};

/** GeneralSubtrees; a maximum must be absent (RFC 5280 4.2.1.10), and is refused. */
export const readSubtrees = (reader: DerReader): GeneralNames => {
  const names = noNames();
  if (reader.isDone()) throw new DerError('empty name constraint', reader.offset);
  for (let count = 0; reader.peek() !== undefined; count++) {
    if (count >= maxGeneralNames)
      throw new DerError(`more than ${maxGeneralNames} subtrees`, reader.offset);
    const subtree = reader.inside();
    readGeneralName(subtree, names);
    skipMinimum(subtree);
    subtree.finish();
  }
  return names;
};
