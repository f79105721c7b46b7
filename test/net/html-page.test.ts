import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPage, pageTitle, printable } from '../../checks/net/html-page.ts';
import { der } from './servers.ts';

describe('a page', () => {
  for (const [text, type] of [
    ['<!DOCTYPE html>', undefined],
    ['<!doctype HTML PUBLIC "-//W3C//DTD HTML 4.01//EN">', undefined],
    ['\ufeff\r\n\t <HTML lang=en>', undefined],
    ['<html>', 'application/pkix-crl'],
    ['<?xml version="1.0"?><!-- <a> --><html xmlns="x">', undefined],
    ['<script>location="/"</script>', undefined],
    ['<head', undefined],
    ['<b>blocked</b>', 'text/html; charset=utf-8'],
    ['blocked', 'text/html'],
    ['blocked', 'application/xhtml+xml'],
  ] as const)
    it(`is ${JSON.stringify(text)}`, () => assert.equal(isPage(Buffer.from(text), type), true));

  it('is UTF-16', () => {
    const little = Buffer.from('\ufeff<html>', 'utf16le');
    assert.equal(isPage(little), true);
    assert.equal(isPage(Buffer.from(little).swap16()), true);
    assert.equal(isPage(Buffer.of(0xfe, 0xff, 0x00)), false);
  });

  for (const [what, bytes, type] of [
    ['DER', der, 'text/html'],
    ['PEM', Buffer.from('-----BEGIN X509 CRL-----\n'), 'text/html'],
    ['PEM after text', Buffer.from('Certificate:\n-----BEGIN CERTIFICATE-----\n'), 'text/html'],
    ['plain text', Buffer.from('blocked'), 'text/plain'],
    ['XML', Buffer.from('<?xml version="1.0"?><rss>'), undefined],
    ['another tag', Buffer.from('<headers>'), undefined],
    ['a comment without end', Buffer.from('<!-- '.repeat(800)), undefined],
    ['nothing', Buffer.alloc(0), 'text/html'],
  ] as const)
    it(`is not ${what}`, () => assert.equal(isPage(bytes, type), false));

  for (const [text, title] of [
    ['<title>Access denied</title>', 'Access denied'],
    ['<TITLE id=x>\r\n A\t&amp;\x1b[31m B </TITLE>', 'A & [31m B'],
    ['<title>open', 'open'],
    ['<title></title>', undefined],
    ['<html>', undefined],
    [`<title>${'x'.repeat(500)}</title>`, `${'x'.repeat(119)}…`],
    ['<title>\u202eevil\u2028</title>', 'evil'],
  ] as const)
    it(`has the title ${JSON.stringify(title)}`, () =>
      assert.equal(pageTitle(Buffer.from(text)), title));

  it('shows no control character', () => {
    assert.equal(printable('a\0b\u009bc\r\nd\u{10ffff}'), 'a b c d\u{10ffff}');
  });
});
