/** Certificates of a store that carry a root's name and are not that root. */

import { type Certificate, fingerprint256, parseCertificate } from '../pki/certificate.ts';
import { unlessMalformed } from '../pki/der.ts';
import { sameName } from '../pki/name.ts';
import { equalBytes } from '../pki/values.ts';
import type { Json, StoreEntry } from '../types.ts';
import { byteString, canonicalName, subjectOf } from './subject-name.ts';

/**
 * `same-key`: another certificate of the same authority (an older one, another encoding);
 * `cross-certificate`: of the same key, but issued by another authority, so that it anchors nothing;
 * `other-key`: another authority that calls itself the same.
 */
export type Likeness = 'same-key' | 'cross-certificate' | 'other-key';

export interface Lookalike {
  readonly entry: StoreEntry;
  readonly certificate: Certificate;
  readonly sha256: string;
  readonly likeness: Likeness;
}

const likenessOf = (certificate: Certificate, root: Certificate): Likeness => {
  if (!equalBytes(certificate.publicKeyInfo, root.publicKeyInfo)) return 'other-key';
  return sameName(certificate.issuer, certificate.subject) ? 'same-key' : 'cross-certificate';
};

const nearest: Readonly<Record<Likeness, number>> = {
  'same-key': 0,
  'cross-certificate': 1,
  'other-key': 2,
};

/** A word in a certificate, in letters of either case that take one byte, two or four. */
const patternOf = (word: string): RegExp => new RegExp(word.replace(/\B/g, '\\0*'), 'i');

/**
 * The words of a name: each certificate that carries it has them, however it spells them. All others need no
 * closer look, which takes ten times as long.
 */
const wordsOf = ({ subject, raw }: Certificate): readonly RegExp[] => {
  const text = byteString(raw);
  return subject.rdns
    .flat()
    .flatMap(({ value }) => value.toLowerCase().match(/[a-z0-9]+/g) ?? [])
    .map(patternOf)
    .filter((word) => word.test(text)); // a value that is no text is given in hex
};

/** Those among the entries, the nearest first. Only entries of the same name are parsed as a whole. */
export const findLookalikes = (
  entries: readonly StoreEntry[],
  rootDer: Uint8Array,
): Lookalike[] => {
  const root = unlessMalformed(() => parseCertificate(rootDer));
  if (root === undefined) return [];
  const name = canonicalName(root.subject.raw);
  const words = wordsOf(root);
  const found: Lookalike[] = [];
  for (const entry of entries) {
    const text = byteString(entry.der);
    if (!words.every((word) => word.test(text))) continue;
    const subject = unlessMalformed(() => canonicalName(subjectOf(entry.der)));
    if (subject !== name) continue;
    const certificate = unlessMalformed(() => parseCertificate(entry.der));
    const sha256 = fingerprint256(entry.der);
    if (certificate === undefined || sha256 === fingerprint256(rootDer)) continue;
    found.push({ entry, certificate, sha256, likeness: likenessOf(certificate, root) });
  }
  return found.sort((a, b) => nearest[a.likeness] - nearest[b.likeness]);
};

/** What tells it apart, as evidence. */
export const describeLookalike = ({ sha256, likeness, certificate, entry }: Lookalike): Json => ({
  sha256,
  likeness,
  serial: certificate.serialHex,
  notAfter: certificate.notAfter.toISOString(),
  origin: entry.origin,
});

export const likenessWords = {
  'same-key': 'another certificate of the same name and key',
  'cross-certificate': 'a cross-certificate of the same name and key',
  'other-key': 'a certificate of the same name with another key',
} as const;
