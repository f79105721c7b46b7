/** A gap as a card: whose it is, what was found, what it means for the mail, what to do. */

import { gaps as gapWords } from '../../checks/gaps.ts';
import { severityTones } from './colour.ts';
import { visible } from './harmless.ts';
import { evidenceTable } from './html-checks.ts';
import { type Markup, nothing, preformatted, safe } from './markup.ts';
import type { CheckResult, Gap, Report } from './report.ts';
import { gapChecks, ownerWords } from './words.ts';

const checkList = (title: string, checks: readonly CheckResult[]): Markup =>
  checks.length === 0
    ? nothing
    : safe`<dt>${title}</dt>
<dd>${checks.map(({ kind, target }) => safe`<div>${kind} ${target}</div>\n`)}</dd>
`;

/** Commands to be copied one by one: each is selected whole by a click. */
export const commandBlock = (commands: readonly string[]): Markup => {
  const lines = commands.map((command) => safe`<code>${preformatted([visible(command)])}</code>`);
  return safe`<pre tabindex="0" aria-label="Commands">${lines}</pre>\n`;
};

export const gapCard = (gap: Gap, report: Report): Markup => {
  const { title, consequence } = gapWords[gap.code];
  const { fails, blocks } = gapChecks(gap, report);
  const commands = gap.commands.length > 0 ? commandBlock(gap.commands) : nothing;
  return safe`<article class="card ${severityTones[gap.severity]}">
<header>
<span class="tag">${gap.severity.toUpperCase()}</span>
<h3>${title}</h3>
<span class="owner">For <b>${ownerWords[gap.owner]}</b></span>
</header>
<p><b>${gap.summary}</b></p>
<h4>What it means for the mail</h4>
<p>${consequence}</p>
<h4>What to do</h4>
<p>${gap.remedy}</p>
${commands}<dl class="facts">
${checkList('Fails', fails)}${checkList('Blocks', blocks)}</dl>
<details><summary>Evidence</summary>
${evidenceTable({ gap: gap.id, ...gap.evidence })}</details>
</article>
`;
};
