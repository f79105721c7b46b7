/** What a firewall must allow, as a schema; published as `schemas/allow-list.json`. */

import * as z from 'zod';

/** What something is needed for: a kind of check, or the way to all the rest. */
export const purposes = ['proxy', 'endpoint', 'crl', 'ocsp', 'aia', 'root-update', 'smtp'] as const;

const entry = z.strictObject({
  name: z.string().describe('The destination, a host name or an address.'),
  port: z.int().min(1).max(65_535),
  protocol: z.literal('tcp'),
  service: z.enum(['http', 'https', 'smtp', 'http-proxy']),
  purposes: z.array(z.enum(purposes)).readonly().describe('Who needs it, by kind of check.'),
  urls: z.array(z.string()).readonly().describe('What is asked for there.'),
  proxy: z
    .string()
    .exactOptional()
    .describe('HOST:PORT of the proxy that connects there; absent: this host itself does.'),
  addresses: z
    .array(z.string())
    .readonly()
    .describe('What this host resolves the name to now; none where a proxy connects.'),
  problem: z
    .strictObject({ code: z.string().describe('A gap code.'), summary: z.string() })
    .exactOptional()
    .describe('Why there are no addresses.'),
});

export const allowListSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    profile: z.strictObject({ id: z.string(), title: z.string() }),
    resolvedAt: z.iso.datetime().describe('When the names were resolved.'),
    host: z.strictObject({
      name: z.string(),
      addresses: z.array(z.string()).readonly().describe('What its packets leave from.'),
    }),
    entries: z.array(entry).readonly().describe('Destinations, each once.'),
    notes: z.array(z.string()).readonly().describe('What to know before a rule is made of it.'),
  })
  .meta({
    title: 'certready allow-list',
    description: 'What a firewall must let through for a certificate change.',
  });

export type Purpose = (typeof purposes)[number];
export type AllowList = z.infer<typeof allowListSchema>;
export type AllowListEntry = AllowList['entries'][number];
