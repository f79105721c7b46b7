/** The report as one HTML file: no script, nothing fetched, readable on a phone and on paper. */

import { verdictTones } from './colour.ts';
import { checksSection } from './html-checks.ts';
import { commandBlock, gapCard } from './html-gap.ts';
import { style } from './html-style.ts';
import { type Markup, nothing, preformatted, safe } from './markup.ts';
import type { Report } from './report.ts';
import { networkTicket } from './ticket.ts';
import {
  bySeverity,
  change,
  checkCounts,
  duration,
  gapCounts,
  sentence,
  standing,
  successors,
  undecidedCount,
  utc,
  verdictWords,
} from './words.ts';

const ticketColumns = 76;

const contentSecurityPolicy: Markup = {
  markup: "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
};

const factsOf = (report: Report): Markup => {
  const { host, profiles, evaluatedAt } = report;
  const facts: readonly (readonly [string, string])[] = [
    ...profiles.map((profile) => {
      const title = profiles.length === 1 ? '' : `${change(profile, evaluatedAt)}, `;
      const retired = profile.retired ? ', retired' : '';
      const verdict = verdictWords[profile.verdict];
      return ['Profile', `${profile.id}: ${title}${verdict}${retired}`] as const;
    }),
    ['Host', `${host.name} (${host.platform} ${host.release})`],
    ['Judged as of', utc(evaluatedAt)],
    ['Run', `${utc(report.startedAt)}, ${duration(report.durationMs)}`],
    ['Checks', checkCounts(report)],
  ];
  return safe`<dl class="facts">
${facts.map(([name, value]) => safe`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>
`;
};

const successorNotes = (report: Report): Markup[] =>
  successors(report).map(
    ({ text, command }) =>
      safe`<p>${text}</p>\n${command === undefined ? nothing : commandBlock([command])}`,
  );

const verdictBanner = (report: Report): Markup => {
  const counts = gapCounts(report);
  const undecided = undecidedCount(report);
  return safe`<header class="verdict ${verdictTones[report.verdict]}">
<p class="label">${verdictWords[report.verdict]}</p>
<h1>${sentence(report)}</h1>
${counts === '' ? nothing : safe`<p>To close: ${counts}.</p>\n`}${undecided === '' ? nothing : safe`<p>${undecided}.</p>\n`}${successorNotes(report)}${factsOf(report)}</header>
`;
};

const gapsSection = (report: Report): Markup =>
  report.gaps.length === 0
    ? nothing
    : safe`<section>
<h2>Gaps (${report.gaps.length})</h2>
${bySeverity(report).map((gap) => gapCard(gap, report))}</section>
`;

const ticketSection = (report: Report): Markup => {
  const lines = networkTicket(report, ticketColumns);
  return lines.length === 0
    ? nothing
    : safe`<section>
<h2>Ticket for the network team</h2>
<p class="soft small">A click into the text selects all of it.</p>
<pre class="ticket" tabindex="0" aria-label="Ticket for the network team"><code>${preformatted(lines)}</code></pre>
</section>
`;
};

const notesSection = ({ profiles }: Report): Markup => {
  const notes = [...new Set(profiles.flatMap((profile) => profile.notes ?? []))];
  return notes.length === 0
    ? nothing
    : safe`<section>
<h2>Notes</h2>
<ul class="small">
${notes.map((note) => safe`<li>${note}</li>\n`)}</ul>
</section>
`;
};

export const renderHtml = (report: Report): string => {
  const { passed, skipped, undecided } = standing(report);
  const { markup } = safe`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${verdictWords[report.verdict]}: ${report.host.name} - certready</title>
<style>${{ markup: style }}</style>
</head>
<body>
${verdictBanner(report)}<main>
${gapsSection(report)}${checksSection('Could not be judged', undecided)}${checksSection('Passed', passed)}${checksSection('Skipped', skipped)}${notesSection(report)}${ticketSection(report)}</main>
<footer>certready ${report.agent.version}, report schema ${report.schemaVersion}. Times are UTC.</footer>
</body>
</html>
`;
  return markup;
};
