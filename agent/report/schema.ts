/** The report as a schema, published as `schemas/report.json`. A test holds its type to be that of Report. */

import * as z from 'zod';
import {
  type GapCategory,
  type GapCode,
  checkKinds,
  checkStatuses,
  gapCodesByCategory,
  gapOwners,
  severities,
  stageNames,
} from '../../checks/types.ts';
import { checkEvidenceSchema, gapEvidenceSchema } from './evidence-schema.ts';
import { verdicts } from './report.ts';

const time = (what: string) => z.iso.datetime().describe(what);
const milliseconds = () => z.number().nonnegative();

const categories = Object.keys(gapCodesByCategory) as [GapCategory, ...GapCategory[]];
const codes = categories.flatMap((category) => gapCodesByCategory[category]) as [
  GapCode,
  ...GapCode[],
];

const profile = z.strictObject({
  id: z.string(),
  title: z.string(),
  effective: z.string().exactOptional().describe('The day of the change, YYYY-MM-DD.'),
  verdict: z.enum(verdicts),
  supersededBy: z.string().exactOptional(),
  retired: z.boolean().describe('It names a successor and one of its own authorities has expired.'),
  notes: z.array(z.string()).readonly().exactOptional(),
});

const stage = z.strictObject({
  name: z.enum(stageNames),
  ms: milliseconds(),
  detail: z.string().exactOptional(),
});

const check = z.strictObject({
  id: z.string().describe('KIND:TARGET, stable from run to run.'),
  profile: z.string().describe('The first of the profiles that need this check.'),
  profiles: z
    .array(z.string())
    .readonly()
    .exactOptional()
    .describe('All of them, where several do.'),
  kind: z.enum(checkKinds),
  target: z.string(),
  status: z.enum(checkStatuses),
  summary: z.string().describe('One line: what was observed.'),
  durationMs: milliseconds(),
  stages: z.array(stage).readonly(),
  evidence: checkEvidenceSchema,
  blockedBy: z.array(z.string()).readonly().exactOptional().describe('Gap ids; only when blocked.'),
});

const gap = z.strictObject({
  id: z.string().describe('CODE:TARGET, stable from run to run.'),
  code: z.enum(codes),
  category: z.enum(categories),
  owner: z.enum(gapOwners).describe('Who has to act.'),
  severity: z.enum(severities),
  target: z.string(),
  checks: z.array(z.string()).readonly().describe('Every check that it fails or blocks.'),
  summary: z.string(),
  remedy: z.string(),
  commands: z.array(z.string()).readonly().describe('For this platform.'),
  evidence: gapEvidenceSchema,
});

export const reportSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    verdict: z.enum(verdicts),
    evaluatedAt: time('The time that validity was judged at.'),
    startedAt: time('When the run began.'),
    durationMs: milliseconds(),
    host: z.strictObject({
      name: z.string(),
      platform: z.enum(['linux', 'win32', 'darwin', 'other']),
      release: z.string(),
    }),
    agent: z.strictObject({ name: z.literal('certready'), version: z.string() }),
    profiles: z.array(profile).readonly(),
    checks: z.array(check).readonly(),
    gaps: z.array(gap).readonly().describe('Root causes, each once.'),
  })
  .meta({ title: 'certready report', description: 'What one run of certready found.' });
