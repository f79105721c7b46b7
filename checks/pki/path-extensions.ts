/** The extensions of a certificate on a path as a whole: may they be there, and can they be read? */

import type { Certificate } from './certificate.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  crlDistributionPoints,
  extendedKeyUsage,
  isPrecertificate,
  keyUsage,
  nameConstraints,
  subjectAltName,
  subjectKeyIdentifier,
} from './extensions.ts';
import { oids } from './oids.ts';
import { type PathProblem, pathProblem } from './path-problem.ts';

/** Extensions that may be critical because they are processed, here or by whoever asks for revocation. */
const processed = new Set<string>([
  oids.basicConstraints,
  oids.keyUsage,
  oids.extKeyUsage,
  oids.subjectAltName,
  oids.nameConstraints,
  oids.certificatePolicies,
  oids.policyMappings,
  oids.policyConstraints,
  oids.inhibitAnyPolicy,
  oids.crlDistributionPoints,
]);

/** RFC 5280 6.1.4 (o), 6.1.5 (f). */
export const criticalExtensionProblems = (certificate: Certificate): PathProblem[] => {
  if (isPrecertificate(certificate)) return [pathProblem('precertificate', certificate)];
  const unknown = [...certificate.extensions.values()]
    .filter(({ oid, critical }) => critical && !processed.has(oid))
    .map(({ oid }) => oid);
  return unknown.length === 0
    ? []
    : [pathProblem('critical-extension', certificate, { extensions: unknown })];
};

/** OpenSSL reads these of every certificate, needed or not, and refuses it where one is malformed. */
const readByAll: readonly ((certificate: Certificate) => unknown)[] = [
  basicConstraints,
  keyUsage,
  extendedKeyUsage,
  subjectKeyIdentifier,
  authorityKeyIdentifier,
  subjectAltName,
  nameConstraints,
  crlDistributionPoints,
];
/** A search for paths meets the same certificates again and again. */
const readable = new WeakSet<Certificate>();

/** @throws DerError where one of them is malformed */
export const readWhatAllRead = (certificate: Certificate): void => {
  if (readable.has(certificate)) return;
  for (const read of readByAll) read(certificate);
  readable.add(certificate);
};
