import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { render } from '../../agent/report/render.ts';
import type { Report } from '../../agent/report/report.ts';
import * as samples from '../helpers/sample-report.ts';

const { hostileReport, notReadyReport, pathReport, readyReport, retiredReport, unknownReport } =
  samples;

const html = (report: Report): Promise<string> =>
  render(report, 'html', { columns: 80, color: true });

const voidElements = new Set(['meta']);
const attribute = / ([a-z-]+)="([^"<]*)"/gy;

/** The names of all elements; a tag that is not closed, or an attribute that is not quoted, fails. */
const elementsOf = (page: string): string[] => {
  const body = page.replace(/^<!doctype html>\n/, '').replace(/<style>[^<]*<\/style>/, '');
  const open: string[] = [];
  const names: string[] = [];
  for (const [tag, end, name = '', attributes = ''] of body.matchAll(/<(\/?)([^\s>/]*)([^>]*)>/g)) {
    assert.match(name, /^[a-z][a-z0-9]*$/, tag);
    if (end === '/') {
      assert.equal(open.pop(), name, tag);
      continue;
    }
    attribute.lastIndex = 0;
    let read = 0;
    while (attribute.exec(attributes)) read = attribute.lastIndex;
    assert.equal(read, attributes.length, tag);
    names.push(name);
    if (!voidElements.has(name)) open.push(name);
  }
  assert.deepEqual(open, []);
  return names;
};

const decode = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

const everyReport = {
  readyReport,
  notReadyReport,
  unknownReport,
  retiredReport,
  pathReport,
  everyGapOnLinux: samples.everyGapReport('linux'),
  everyGapOnWindows: samples.everyGapReport('win32'),
};

describe('HTML report', () => {
  for (const [name, report] of Object.entries({ ...everyReport, hostileReport }))
    it(`${name} is well formed and brings nothing that acts or is fetched`, async () => {
      const page = await html(report);
      const elements = new Set(elementsOf(page));
      const known =
        'html head meta title style body header main section article footer h1 h2 h3 h4 p b span div ul li dl dt dd pre code table thead tbody tr th td details summary';
      for (const element of elements) assert.ok(known.split(' ').includes(element), element);
      assert.doesNotMatch(page, / (?:src|href|on[a-z]+|style)=|@import|url\(/i);
      assert.doesNotMatch(page.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    });

  it('forbids by its policy whatever it does not need', async () => {
    assert.match(
      await html(readyReport),
      /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'[^"]*">/,
    );
  });

  it('has a language, a title, a view port and one heading of the first order', async () => {
    const page = await html(notReadyReport);
    assert.match(page, /^<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">/);
    assert.match(page, /<title>NOT READY: mx1\.example\.org/);
    assert.match(page, /<meta name="viewport"/);
    assert.equal(elementsOf(page).filter((name) => name === 'h1').length, 1);
    assert.match(page, /prefers-color-scheme: dark/);
    assert.match(page, /@media print/);
  });

  it('begins with the verdict, then the gaps, the rest, and ends with the ticket', async () => {
    const page = await html(pathReport);
    const marks = [
      'class="label">NOT READY<',
      '>Gaps (6)<',
      '>Passed (',
      '>Ticket for the network',
    ];
    const places = marks.map((mark) => page.indexOf(mark));
    assert.ok(places.every((place) => place > 0));
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    );
  });

  it('shows each gap with owner, severity in words and its commands as they are', async () => {
    const page = await html(notReadyReport);
    const cards = page.split('<article').slice(1);
    assert.equal(cards.length, notReadyReport.gaps.length);
    for (const [index, gap] of notReadyReport.gaps.entries()) {
      const card = cards[index] ?? '';
      assert.ok(card.includes(`>${gap.severity.toUpperCase()}<`));
      assert.ok(decode(card).includes(gap.summary));
      for (const command of gap.commands)
        assert.ok(decode(card).includes(`<code>${command}</code>`), command);
    }
    const owners = [...page.matchAll(/class="owner">For <b>([^<]*)</g)].map(([, who = '']) => who);
    assert.deepEqual(owners.map(decode), [
      'the network team',
      'this server',
      'the CA',
      "the mail host's operator",
    ]);
  });

  it('shows the stages and the evidence of a check that passed', async () => {
    const page = await html(readyReport);
    assert.match(page, /<details><summary>Stages and evidence<\/summary>/);
    assert.match(page, /<th scope="row">connect<\/th><td class="time">11 ms<\/td>/);
    assert.match(page, /<th scope="row">crlNumber<\/th><td>0BB8<\/td>/);
  });

  it('shows what could not be judged, and which profile counts today', async () => {
    assert.match(await html(unknownReport), />Could not be judged \(1\)</);
    assert.match(
      await html(retiredReport),
      /certready --once --profile exchange-online-digicert-g2/,
    );
  });

  it('shows hostile text as text', async () => {
    const page = await html(hostileReport);
    assert.ok(page.includes('&lt;script&gt;alert(1)&lt;/script&gt;'));
    assert.ok(!elementsOf(page).includes('script'));
    assert.ok(page.length < 500_000);
  });
});
