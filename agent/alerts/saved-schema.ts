/**
 * The state file's schema. Codes, categories and the like are any text, and unknown keys stay: a state from
 * before a gap code was renamed is still a state.
 */

import * as z from 'zod';

const text = z.string().max(100_000);
const time = z.iso.datetime();
const texts = z.array(text).max(100_000);

const labels = { severity: z.enum(['critical', 'warning']), owner: text };

const gap = z.looseObject({
  id: text,
  code: text,
  category: text,
  ...labels,
  target: text,
  checks: texts,
  summary: text,
  remedy: text,
  commands: texts,
  evidence: z.record(z.string(), z.unknown()),
});

const record = z.looseObject({
  gap,
  witnesses: z.array(
    z.looseObject({ check: text, profiles: texts, missingSince: time.optional() }),
  ),
  looks: z.string().regex(/^[01]{0,100}$/),
  since: time,
  seen: time,
  told: z
    .looseObject({
      at: time,
      ...labels,
      gist: text,
      other: z.looseObject({ mark: text, looks: z.int() }).optional(),
    })
    .optional(),
});

const problem = { code: text, summary: text };

const gapEvent = z.looseObject({
  type: z.enum(['gap.opened', 'gap.changed', 'gap.resolved', 'gap.reminder']),
  at: time,
  profile: text,
  profiles: texts.optional(),
  gap,
  since: time,
  resolution: z.enum(['seen', 'not-asked']).optional(),
  previous: z.looseObject(labels).optional(),
});

const agentEvent = z.looseObject({
  type: z.enum(['agent.trouble', 'agent.recovered']),
  at: time,
  problem: z.looseObject(problem),
  since: time,
  reminder: z.literal(true).optional(),
});

const message = z.looseObject({
  id: text,
  number: z.int(),
  event: z.union([gapEvent, agentEvent]),
  from: z.looseObject({
    host: z.looseObject({ name: text, platform: text, release: text }),
    agent: z.looseObject({ name: text, version: text }),
  }),
  merged: z.looseObject({ events: z.int(), since: time }).optional(),
  refused: z.looseObject({ status: z.int(), at: time }).optional(),
});

export const savedSchema = z.looseObject({
  alerts: z.looseObject({
    gaps: z.record(z.string(), record),
    problems: z.record(z.string(), z.looseObject({ ...problem, since: time, toldAt: time })),
    unknown: z.record(z.string(), z.int()),
  }),
  outbox: z.looseObject({
    next: z.int(),
    queues: z.record(
      z.string(),
      z.looseObject({ type: text, lanes: z.record(z.string(), z.array(message).max(1000)) }),
    ),
  }),
});
