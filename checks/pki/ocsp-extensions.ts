/** What the extensions of OCSP responses and their answers say (RFC 6960 4.4, RFC 9654). */

import type { Extension } from './certificate.ts';
import { DerReader, tags } from './der.ts';
import { nonceValue } from './ocsp-request.ts';
import type { BasicOcspResponse, SingleResponse } from './ocsp-response.ts';
import { oids } from './oids.ts';
import { equalBytes, timeOf } from './values.ts';

const understoodInResponse: ReadonlySet<string> = new Set([
  oids.ocspNonce,
  oids.ocspExtendedRevoke,
]);
const understoodInAnswer: ReadonlySet<string> = new Set([
  oids.ocspArchiveCutoff,
  oids.ocspCrlReferences,
  oids.ocspSignedCertificateTimestamps,
  oids.reasonCode,
  oids.invalidityDate,
]);

const firstUnknown = (
  extensions: ReadonlyMap<string, Extension>,
  understood: ReadonlySet<string>,
): string | undefined =>
  [...extensions.values()].find(({ critical, oid }) => critical && !understood.has(oid))?.oid;

/** How far back the responder keeps the status of expired certificates (RFC 6960 4.4.4). @throws DerError */
export const archiveCutoffOf = ({ extensions }: SingleResponse): Date | undefined => {
  const extension = extensions.get(oids.ocspArchiveCutoff);
  if (extension === undefined) return undefined;
  const reader = new DerReader(extension.value);
  const cutoff = timeOf(reader, reader.read(tags.generalizedTime));
  reader.finish();
  return cutoff;
};

/**
 * Whether the nonce that was sent came back; undefined where none was sent. One that does not come back
 * leaves the times to judge by (RFC 9919 5).
 */
export const nonceOf = (
  { extensions }: BasicOcspResponse,
  sent: Uint8Array | undefined,
): 'equal' | 'absent' | 'different' | undefined => {
  if (sent === undefined) return undefined;
  const echoed = extensions.get(oids.ocspNonce);
  if (echoed === undefined) return 'absent';
  return equalBytes(echoed.value, nonceValue(sent)) ? 'equal' : 'different';
};

/** A critical extension of the response or of these answers that certready does not understand. */
export const criticalUnknown = (
  basic: BasicOcspResponse,
  answers: readonly SingleResponse[],
): string | undefined =>
  firstUnknown(basic.extensions, understoodInResponse) ??
  answers
    .map(({ extensions }) => firstUnknown(extensions, understoodInAnswer))
    .find((oid) => oid !== undefined);
