/** The style of the HTML report: light and dark, narrow and printed; nothing is fetched. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #fff; --ink: #1b2130; --soft: #566074; --line: #d9dde5; --code: #f0f2f6;
  --good: #17713a; --bad: #b3261e; --doubtful: #8a5300; --unclear: #67449b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12151b; --card: #1b2029; --ink: #e7eaf0; --soft: #a4adbd; --line: #333b49; --code: #11151b;
    --good: #6bd490; --bad: #ff9389; --doubtful: #f0b95b; --unclear: #c5a8f5;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 60rem; background: var(--page); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", "DejaVu Sans", sans-serif;
  overflow-wrap: anywhere;
}
h1 { font-size: 1.4rem; line-height: 1.3; margin: .1rem 0 .6rem; font-weight: 600; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .7rem; }
h3 { font-size: 1.05rem; line-height: 1.35; margin: 0; }
h4 { font-size: .8rem; margin: 1rem 0 .2rem; color: var(--soft); font-weight: 600; }
p { margin: 0 0 .5rem; }
ul { margin: 0; padding-left: 1.2rem; }
li { margin-bottom: .3rem; }
.soft { color: var(--soft); }
.small { font-size: .875rem; }
.good { --tone: var(--good); } .bad { --tone: var(--bad); }
.doubtful { --tone: var(--doubtful); } .unclear { --tone: var(--unclear); }
.tag {
  display: inline-block; padding: .05rem .5rem; border: 1px solid var(--tone, var(--line)); border-radius: .3rem;
  color: var(--tone, var(--soft)); font-size: .75rem; font-weight: 700; letter-spacing: .03em; white-space: nowrap;
}
.verdict, .card {
  background: var(--card); border: 1px solid var(--line); border-left: .35rem solid var(--tone, var(--line));
  border-radius: .5rem; padding: 1.1rem 1.25rem;
}
.verdict { padding: 1.3rem 1.5rem; }
.verdict .label { color: var(--tone); font-size: 1.05rem; font-weight: 800; letter-spacing: .06em; margin: 0; }
.card { margin: 0 0 1rem; }
.card header { display: flex; flex-wrap: wrap; gap: .3rem .6rem; align-items: center; margin-bottom: .5rem; }
.card header h3 { flex: 1 1 14rem; }
.owner { font-size: .875rem; color: var(--soft); }
.owner b { color: var(--ink); }
dl.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1rem; margin: .8rem 0 0; font-size: .875rem; }
dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; }
code, pre { font-family: ui-monospace, SFMono-Regular, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace; font-size: .85em; }
pre {
  margin: .2rem 0 0; padding: .7rem .85rem; background: var(--code); border: 1px solid var(--line);
  border-radius: .35rem; overflow-x: auto; overflow-wrap: normal; white-space: pre; line-height: 1.5;
}
pre code {
  font-size: inherit; display: block; user-select: all;
  white-space: pre-wrap; overflow-wrap: anywhere; padding-left: 1.5em; text-indent: -1.5em;
}
pre.ticket { font-size: .8rem; }
pre.ticket code { white-space: pre; padding: 0; text-indent: 0; width: max-content; min-width: 100%; }
.table { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; overflow: hidden; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .8rem; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-size: .8rem; }
tbody th { font-weight: 400; }
td.time, th.time { text-align: right; white-space: nowrap; }
th .kind { display: block; font-weight: 600; }
.checks { table-layout: fixed; }
.checks > thead th:first-child { width: 42%; }
.checks > thead th.time { width: 5.5rem; }
details { margin-top: .4rem; }
summary { cursor: pointer; color: var(--soft); font-size: .8rem; width: max-content; max-width: 100%; }
details table { margin: .3rem 0 .5rem; font-size: .8rem; }
details th, details td { border-top: 0; padding: .1rem .8rem .1rem 0; }
details th { color: var(--soft); white-space: nowrap; width: 1%; }
details td.time { width: 1%; }
footer { margin-top: 2.5rem; color: var(--soft); font-size: .8rem; }
@media (max-width: 36rem) {
  body { padding: .75rem .6rem 2rem; }
  .verdict, .card { padding: .9rem .9rem; }
  h1 { font-size: 1.2rem; }
  dl.facts { grid-template-columns: minmax(0, 1fr); gap: 0; } dl.facts dd { margin-bottom: .4rem; }
  .checks > thead { position: absolute; clip-path: inset(50%); height: 1px; overflow: hidden; }
  .checks > tbody > tr { display: block; padding: .6rem .8rem; border-top: 1px solid var(--line); }
  .checks > tbody > tr:first-child { border-top: 0; }
  .checks > tbody > tr > * { display: block; padding: 0; border: 0; text-align: left; }
  .checks > tbody > tr > th { margin-bottom: .2rem; }
}
@media print {
  :root { --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --code: #fff;
    --good: #17713a; --bad: #b3261e; --doubtful: #8a5300; --unclear: #67449b; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  pre.ticket code { white-space: pre-wrap; width: auto; }
  .verdict, tr, pre { break-inside: avoid; }
  h2, h3, h4, .card header { break-after: avoid; }
  .card { padding: .6rem .8rem; }
  h2 { margin-top: 1.2rem; }
  summary { display: none; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
}
`;
