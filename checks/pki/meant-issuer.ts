/** Which issuer a certificate means (RFC 5280 4.2.1.1): several may have one name, and one key several certificates. */

import { type Certificate, fingerprint256 } from './certificate.ts';
import { unlessMalformed } from './der.ts';
import { authorityKeyIdentifier, subjectKeyIdentifier } from './extensions.ts';
import { sameName } from './name.ts';
import { type PathProblem, pathProblem } from './path-problem.ts';

/**
 * Whether this is the issuer that the certificate's authorityKeyIdentifier means: 2 yes, 1 it does not say, 0 no.
 * RFC 5280 6.1 does not ask; OpenSSL does, and so does GnuTLS of the key: they look no further at one that is not.
 */
export const agreement = (certificate: Certificate, issuer: Certificate): 0 | 1 | 2 => {
  const wanted = unlessMalformed(() => authorityKeyIdentifier(certificate)) ?? {};
  const found = unlessMalformed(() => subjectKeyIdentifier(issuer));
  const [name] = wanted.issuer ?? [];
  if (wanted.serial !== undefined && wanted.serial !== issuer.serialHex) return 0;
  if (name && !sameName(name, issuer.issuer)) return 0;
  if (wanted.keyIdentifier === undefined || found === undefined) return 1;
  return wanted.keyIdentifier === found ? 2 : 0;
};

/** The authorityKeyIdentifier of `certificate` means another than `issuer`, by whose key it is signed. */
export const notMeant = (certificate: Certificate, issuer: Certificate): PathProblem[] =>
  agreement(certificate, issuer) > 0
    ? []
    : [pathProblem('key-identifier', certificate, { issuerSha256: fingerprint256(issuer.raw) })];
