/** What the evidence of a check carries, by kind. More may stand there; nothing named here changes its meaning. */

import * as z from 'zod';
import type { Evidence, Json } from '../../checks/types.ts';

const text = (what: string) => z.string().optional().describe(what);
const time = (what: string) => z.string().optional().describe(`${what} ISO 8601.`);
const count = (what: string) => z.int().nonnegative().optional().describe(what);
const flag = (what: string) => z.boolean().optional().describe(what);

/** The keys of all kinds in one mapping: where several kinds share a key, it means the same. */
const documented = z.looseObject({
  issuer: text('aia, crl, ocsp, smtp: distinguished name.'),
  subject: text('aia, smtp: distinguished name.'),
  sha256: text('aia, crl, trust-store, smtp: of the whole certificate or CRL, upper-case hex.'),
  notAfter: time('aia, smtp: end of the certificate.'),
  thisUpdate: time('crl, ocsp.'),
  nextUpdate: time('crl, ocsp.'),
  crlNumber: text('crl: decimal.'),
  entries: count('crl: how many certificates it revokes.'),
  bytes: count('crl, ocsp: length of what was fetched.'),
  signature: z.enum(['valid', 'invalid', 'unchecked']).optional().describe('crl.'),
  certStatus: text('ocsp: good, revoked or unknown.'),
  producedAt: time('ocsp.'),
  responder: text('ocsp: who signed, by name or key hash.'),
  delegated: flag('ocsp: signed by a responder of its own, not by the issuer itself.'),
  method: text('ocsp: GET or POST.'),
  format: z.enum(['der', 'pem', 'pkcs7']).optional().describe('aia.'),
  store: text('trust-store: its kind.'),
  path: text('trust-store: where it lies.'),
  root: text('trust-store, smtp: the name of the root.'),
  trusted: flag('trust-store.'),
  purposes: z.array(z.string()).optional().describe('trust-store: what the root is trusted for.'),
  addresses: z.array(z.string()).optional().describe('endpoint: every address of the name.'),
  address: text('endpoint: the one that was reached.'),
  port: count('endpoint.'),
  banner: text("smtp: the server's greeting."),
  protocol: text('smtp: e.g. TLSv1.3.'),
  cipher: text('smtp.'),
  ephemeralKey: text('smtp: e.g. X25519; absent without forward secrecy.'),
  keyBits: count('smtp.'),
});

/** The type is that of all evidence; the named keys are for the published schema and for checking against it. */
export const checkEvidenceSchema = documented as unknown as z.ZodType<Evidence>;

/** A gap's evidence: what its checks observed, free in form. */
export const gapEvidenceSchema = z.record(z.string(), z.unknown()) as unknown as z.ZodType<
  Readonly<Record<string, Json>>
>;
