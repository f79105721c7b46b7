/** The words of an event for people who read it in a chat or on a pager. */

import { harmless } from '../../report/harmless.ts';
import { ownerWords, plural, utc } from '../../report/words.ts';
import { type AgentEvent, type GapEvent, type Notice, isGapEvent } from '../event.ts';

export type Tone = 'critical' | 'warning' | 'good' | 'plain';

export interface Wording {
  readonly tone: Tone;
  /** One line: what, on which host. */
  readonly title: string;
  /** What was observed. */
  readonly summary: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly remedy?: string;
  readonly commands: readonly string[];
}

const gapVerbs = {
  'gap.opened': 'New gap',
  'gap.changed': 'Gap has changed',
  'gap.resolved': 'Gap is closed',
  'gap.reminder': 'Gap is still open',
} as const satisfies Record<GapEvent['type'], string>;

const gapWording = ({ type, gap, since, profile, profiles, resolution }: GapEvent): Wording => {
  const isOver = type === 'gap.resolved';
  const verb = resolution === 'not-asked' ? 'Gap is not asked about any more' : gapVerbs[type];
  return {
    tone: isOver ? 'good' : gap.severity,
    title: isOver ? verb : `${gap.severity.toUpperCase()}: ${verb}`,
    summary: harmless(gap.summary, 500),
    facts: [
      ['Gap', `${gap.code} ${harmless(gap.target, 300)}`],
      ['Owner', ownerWords[gap.owner]],
      ['Since', utc(since)],
      ['Profile', harmless((profiles ?? [profile]).join(', '), 300)],
    ],
    ...(!isOver && { remedy: harmless(gap.remedy, 1500) }),
    commands: isOver ? [] : gap.commands.map((command) => harmless(command, 500)),
  };
};

const agentWording = ({ type, problem, since }: AgentEvent): Wording => ({
  tone: type === 'agent.recovered' ? 'good' : 'warning',
  title: type === 'agent.recovered' ? 'certready has recovered' : 'certready is in trouble',
  summary: harmless(problem.summary, 500),
  facts: [
    ['Trouble', problem.code],
    ['Since', utc(since)],
  ],
  commands: [],
});

const testWording: Wording = {
  tone: 'plain',
  title: 'Test',
  summary: 'certready alert test: alerts of this host arrive here.',
  facts: [],
  commands: [],
};

export const wordingOf = ({ event, from, merged }: Notice): Wording => {
  const wording =
    event.type === 'test'
      ? testWording
      : isGapEvent(event)
        ? gapWording(event)
        : agentWording(event);
  const facts = [...wording.facts];
  if (merged)
    facts.push([
      'Merged',
      `stands for ${plural(merged.events, 'earlier event')} since ${utc(merged.since)} that could not be delivered`,
    ]);
  return { ...wording, title: `${wording.title} on ${harmless(from.host.name, 255)}`, facts };
};
