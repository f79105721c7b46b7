/** The profile file, as users write it. What refers to something else in it is checked in references.ts. */

import * as z from 'zod';
import { tlsVersions } from '../../checks/types.ts';
import { choice, httpUrl, line, list, mapping } from '../documents/allow.ts';
import { hostPortText, parseHostPort } from '../host-port.ts';

/** Keys whose values are text even where they consist of digits. */
export const profileTextKeys: ReadonlySet<string> = new Set([
  'id',
  'issuer',
  'certificate',
  'sha256',
  'replaces',
  'serial',
]);

const idText = 'letters, digits, dots, dashes and underscores, at most 100';
const identifier = () => z.string(idText).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, idText);

const sha256Text = 'a SHA-256 fingerprint, 64 hex digits';
const sha256 = () =>
  z
    .string(sha256Text)
    .regex(/^(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$|^[0-9A-Fa-f]{64}$/, sha256Text);

const serialText = 'a serial number in hex, at most 20 bytes';
const serial = () =>
  z
    .string(serialText)
    .regex(/^(?:[0-9A-Fa-f]{1,42}|[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){0,20})$/, serialText);

const isDay = (text: string): boolean => {
  const time = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
};
const dayText = 'a day, YYYY-MM-DD';
const day = () =>
  z
    .string(dayText)
    .regex(/^\d{4}-\d{2}-\d{2}$/, dayText)
    .refine(isDay, dayText);

const plainUrlText = 'an http or https URL without a user name or password';
const url = () =>
  httpUrl(plainUrlText).refine((text) => {
    const { username, password } = new URL(text);
    return username === '' && password === '';
  }, plainUrlText);

const endpoint = () =>
  z.string(hostPortText).refine((text) => parseHostPort(text, 80) !== undefined, hostPortText);

const nameText = 'a DNS name, its first label may be *';
const dnsName = () =>
  z.string(nameText).regex(/^(?:\*\.)?(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?$/, nameText);

const pemText = 'a certificate in PEM, or the path of a file with one, relative to this profile';

const authority = mapping({
  id: identifier().describe('How the rest of the profile refers to it.'),
  name: line().describe('Its name, as people know it.'),
  root: z.boolean('true or false').optional().describe('A trust anchor; default false.'),
  sha256: sha256()
    .optional()
    .describe('Of the whole certificate. A root needs it or `certificate`; both must agree.'),
  certificate: z.string(pemText).min(1, pemText).max(20_000, pemText).optional().describe(pemText),
  issuer: identifier()
    .optional()
    .describe('The id of the authority that issued it; not for roots.'),
  url: url().optional().describe('Where its certificate is served (AIA caIssuers).'),
});

const certificateText = "an authority's id, or { serial: HEX }";

export const profileSchema = mapping(
  {
    id: identifier(),
    title: line(),
    source: httpUrl().optional().describe('URL of the announcement.'),
    effective: day().optional().describe('The day of the change.'),
    supersededBy: identifier().optional().describe('The id of the profile that came after.'),
    replaces: list(sha256(), 'SHA-256 fingerprints')
      .optional()
      .describe('The roots that this change takes over from.'),
    notes: list(line('a sentence on one line', 1000), 'sentences')
      .optional()
      .describe('What a reader of the report should know.'),
    endpoints: list(endpoint(), hostPortText)
      .optional()
      .describe('Hosts that must be reachable, port 80 unless said; those of the URLs are added.'),
    authorities: list(authority, 'authorities', 1).describe('At least one of them a root.'),
    crls: list(
      mapping({ url: url(), issuer: identifier().describe("An authority's id.") }),
      'mappings with the keys url, issuer',
    ).optional(),
    ocsp: list(
      mapping({
        url: url(),
        issuer: identifier().describe('The id of the authority that issued the certificate.'),
        certificate: z
          .union([identifier(), mapping({ serial: serial() })], certificateText)
          .describe(`Which certificate is asked about: ${certificateText}.`),
      }),
      'mappings with the keys url, issuer, certificate',
    ).optional(),
    peer: mapping({
      names: list(dnsName(), 'DNS names', 1),
      organization: line().optional(),
      keyBits: z
        .int('a whole number, 1024 to 16384')
        .min(1024, 'a whole number, 1024 to 16384')
        .max(16_384, 'a whole number, 1024 to 16384')
        .optional()
        .describe('For RSA; an elliptic-curve key of 256 bits or more satisfies 2048.'),
      minTlsVersion: choice(tlsVersions).optional(),
      forwardSecrecy: z.boolean('true or false').optional(),
    })
      .optional()
      .describe('What the mail host presents after the change.'),
  },
  'a profile: a mapping',
).meta({
  title: 'certready profile',
  description:
    'A certificate-authority change: what must be reachable, trusted and valid after it.',
});

export type ProfileDocument = z.infer<typeof profileSchema>;
