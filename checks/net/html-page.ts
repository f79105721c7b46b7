/** Is a body a web page? Its first bytes say so, whatever its content type. */

/** How much of a body is looked at. */
export const peekBytes = 4096;

/** What begins a page: these tags occur in no certificate, CRL or OCSP response. */
const pageTag =
  /^<(?:!doctype\s+html|html|head|body|title|meta|link|script|style|frameset|center|iframe)[\s/>]/i;

const decode = (bytes: Uint8Array): string => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return buffer.toString('utf16le', 2);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    const even = Buffer.from(buffer.subarray(2, buffer.length - (buffer.length % 2)));
    return even.swap16().toString('utf16le');
  }
  return buffer.toString('utf8').replace(/^\ufeff/, '');
};

/** Without leading blanks, comments and processing instructions such as `<?xml …?>`. */
const stripPreamble = (text: string): string => {
  let rest = text.trimStart();
  for (;;) {
    const [open, close] = rest.startsWith('<!--')
      ? ['<!--', '-->']
      : rest.startsWith('<?')
        ? ['<?', '?>']
        : [];
    if (open === undefined || close === undefined) return rest;
    const end = rest.indexOf(close, open.length);
    if (end < 0) return '';
    rest = rest.slice(end + close.length).trimStart();
  }
};

/** Whether these first bytes could still turn out to be a page when more come. */
export const mayBePage = (first: Uint8Array): boolean => {
  const byte = first.find((value) => value !== 0x20 && (value < 0x09 || value > 0x0d));
  return byte === undefined || byte === 0x3c || byte === 0xef || byte === 0xff || byte === 0xfe;
};

/** Text and nothing else: no byte that only binary data has. */
const isText = (bytes: Uint8Array): boolean =>
  bytes.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d));

export const isHtmlType = (contentType: string | undefined): boolean =>
  /^\s*(?:text\/html|application\/xhtml\+xml)\s*(?:;|$)/i.test(contentType ?? '');

/**
 * Whether a body that begins so is an HTML page. What is declared as HTML and is nothing but text
 * is one too, unless it is PEM: right bytes under a wrong type are no page.
 */
export const isPage = (first: Uint8Array, contentType?: string): boolean => {
  if (first.length === 0) return false;
  if (mayBePage(first) && pageTag.test(`${stripPreamble(decode(first))} `)) return true;
  return isHtmlType(contentType) && isText(first) && !decode(first).includes('-----BEGIN ');
};

/** One line of text from outside, without control characters, of at most `length` characters. */
export const printable = (text: string, length = 120): string => {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029\ufffd]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
};

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  nbsp: ' ',
};

/** The title of a page, as one printable line; undefined where it has none. */
export const pageTitle = (first: Uint8Array): string | undefined => {
  const text = decode(first);
  const open = /<title[^>]{0,200}>/i.exec(text);
  if (!open) return undefined;
  const rest = text.slice(open.index + open[0].length);
  const end = rest.search(/<\/title/i);
  const title = (end < 0 ? rest : rest.slice(0, end)).replace(
    /&(amp|lt|gt|quot|nbsp);/g,
    (_entity, name: string) => entities[name] ?? '',
  );
  return printable(title) || undefined;
};
