/** The certificates that a profile carries, read and compared with what it says of them. */

import { dirname, resolve } from 'node:path';
import {
  type Certificate,
  fingerprint256,
  parseCertificate,
} from '../../checks/pki/certificate.ts';
import { CertificatesFileError, readCertificates } from '../../checks/pki/certificates-file.ts';
import { DerError } from '../../checks/pki/der.ts';
import { sameName } from '../../checks/pki/name.ts';
import { type Loose, type Problem, shown } from '../documents/problems.ts';
import { AgentError } from '../errors.ts';
import type { ProfileDocument } from './schema.ts';

export interface CertificateSource {
  /** The profile's own path: certificate files are relative to it. */
  readonly path: string;
  /** @throws AgentError naming the file */
  readonly readFile: (path: string) => Promise<Uint8Array>;
}

/** SHA-256 as the program carries it: upper-case hex without colons. */
export const plainHex = (text: string): string => text.replaceAll(':', '').toUpperCase();

const read = async (
  certificate: string,
  { path, readFile }: CertificateSource,
): Promise<Uint8Array | string> => {
  try {
    const bytes = certificate.includes('-----BEGIN')
      ? Buffer.from(certificate, 'latin1')
      : await readFile(resolve(dirname(path), certificate));
    const { certificates, problems } = await readCertificates(bytes);
    const [der] = certificates;
    if (der === undefined || certificates.length + problems.length > 1)
      return `got ${certificates.length + problems.length} certificates, allowed: one`;
    return der;
  } catch (error) {
    if (error instanceof AgentError) return error.lines.join('; ');
    if (error instanceof CertificatesFileError || error instanceof DerError)
      return `got ${error.message}, allowed: one certificate in PEM or DER`;
    throw error;
  }
};

/**
 * Reads every `certificate` of a profile.
 * @returns DER by the authority's position, and what is wrong with the others
 */
export const readAuthorityCertificates = async (
  { authorities = [], replaces = [] }: Loose<ProfileDocument>,
  source: CertificateSource,
): Promise<{
  readonly ders: readonly (Uint8Array | undefined)[];
  readonly problems: readonly Problem[];
}> => {
  const problems: Problem[] = [];
  const ders = await Promise.all(
    authorities.map(async (authority, index) => {
      const { certificate, sha256 } = authority ?? {};
      if (certificate === undefined) return undefined;
      const key = `authorities[${index}].certificate`;
      const der = await read(certificate, source);
      if (typeof der === 'string') {
        problems.push({ key, problem: der });
        return undefined;
      }
      const actual = fingerprint256(der);
      if (sha256 !== undefined && plainHex(sha256) !== actual)
        problems.push({
          key: `authorities[${index}].sha256`,
          problem: `got ${shown(sha256)}, the certificate has ${actual}`,
        });
      return der;
    }),
  );
  const parsed = ders.map((der) => (der ? parseCertificate(der) : undefined));
  problems.push(...issuerProblems(authorities, parsed));
  const roots = authorities.flatMap((authority, index) => {
    const der = ders[index];
    if (authority?.root !== true) return [];
    return der ? fingerprint256(der) : plainHex(authority.sha256 ?? '');
  });
  for (const [index, sha256] of replaces.entries())
    if (sha256 !== undefined && roots.includes(plainHex(sha256)))
      problems.push({
        key: `replaces[${index}]`,
        problem: "is this profile's own root, allowed: the roots before it",
      });
  return { ders, problems };
};

/** A certificate under the wrong name: issued by someone else than the profile says. */
const issuerProblems = (
  authorities: NonNullable<Loose<ProfileDocument>['authorities']>,
  parsed: readonly (Certificate | undefined)[],
): readonly Problem[] =>
  authorities.flatMap((authority, index) => {
    const { root, issuer } = authority ?? {};
    const own = parsed[index];
    const above =
      root === true ? own : parsed[authorities.findIndex((other) => other?.id === issuer)];
    if (!own || !above || sameName(own.issuer, above.subject)) return [];
    return [
      {
        key: `authorities[${index}].certificate`,
        problem:
          root === true
            ? 'was issued by another authority, needed: a self-signed root'
            : `was not issued by ${issuer ?? 'its issuer'}: the names differ`,
      },
    ];
  });
