/** Checks as rows of a table: what was asked, what came out, and by which stages, with the evidence. */

import type { Evidence, Json } from '../../checks/types.ts';
import { statusTones } from './colour.ts';
import { type Markup, nothing, safe } from './markup.ts';
import type { CheckResult } from './report.ts';
import { duration } from './words.ts';

const valueText = (value: Json): string => {
  if (typeof value === 'string') return value;
  const items: readonly Json[] = Array.isArray(value) ? value : [];
  return items.length > 0 && items.every((item) => typeof item === 'string')
    ? items.join(', ')
    : JSON.stringify(value);
};

/** A table of names and values. */
export const evidenceTable = (evidence: Evidence): Markup => {
  const rows = Object.entries(evidence).map(
    ([key, value]) => safe`<tr><th scope="row">${key}</th><td>${valueText(value)}</td></tr>\n`,
  );
  return safe`<table>\n${rows}</table>\n`;
};

const stageTable = ({ stages }: CheckResult): Markup => {
  const rows = stages.map(
    ({ name, ms, detail = '' }) =>
      safe`<tr><th scope="row">${name}</th><td class="time">${duration(ms)}</td><td>${detail}</td></tr>\n`,
  );
  return safe`<table>\n${rows}</table>\n`;
};

const detailsOf = (check: CheckResult): Markup => {
  const stages = check.stages.length > 0 ? stageTable(check) : nothing;
  const evidence = Object.keys(check.evidence).length > 0 ? evidenceTable(check.evidence) : nothing;
  return stages === nothing && evidence === nothing
    ? nothing
    : safe`<details><summary>Stages and evidence</summary>\n${stages}${evidence}</details>`;
};

const statusTag = ({ status }: CheckResult): Markup =>
  status === 'ok'
    ? nothing
    : safe`<span class="tag ${statusTones[status]}">${status.toUpperCase()}</span> `;

const checkRow = (check: CheckResult): Markup => safe`<tr>
<th scope="row"><span class="kind">${check.kind}</span> ${check.target}</th>
<td>${statusTag(check)}${check.summary}${detailsOf(check)}</td>
<td class="time">${duration(check.durationMs)}</td>
</tr>
`;

/** A section of its own that says how many there are; nothing without checks. */
export const checksSection = (title: string, checks: readonly CheckResult[]): Markup =>
  checks.length === 0
    ? nothing
    : safe`<section>
<h2>${title} (${checks.length})</h2>
<div class="table"><table class="checks">
<thead><tr><th scope="col">Check</th><th scope="col">Observed</th><th scope="col" class="time">Time</th></tr></thead>
<tbody>
${checks.map(checkRow)}</tbody>
</table></div>
</section>
`;
