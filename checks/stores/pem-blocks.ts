/** What programs see as blocks of PEM in a file (RFC 7468, RFC 1421): each has rules of its own. */

/** An armoured block. */
export interface PemBlock {
  readonly label: string;
  /** Lines like `Proc-Type: 4,ENCRYPTED` before the base64. */
  readonly header?: string;
  /** Base64 with white space; absent where the block is not as it should be. */
  readonly body?: string;
  /** The program does not take it for a block, so that it is nothing to it. */
  readonly unseen?: true;
}

export const begin = '-----BEGIN ';

const blank = '[\\t\\v\\f\\r ]*';
const line = `${blank}[A-Za-z0-9+/=][A-Za-z0-9+/=\\t\\v\\f\\r ]*`;
/** A blank line would end a header (RFC 1421): there is none, so that it may only come first. */
const body = `(?:${blank}\\n)?(${line}(?:\\n${line})*)`;
const lineEnd = `${blank}(?:\\n|$)`;

const opensslBlock = new RegExp(
  `-----BEGIN ([^-\\n]*)-----${blank}\\n${body}\\n-----END \\1-----${lineEnd}`,
  'y',
);
/** Behind a header OpenSSL wants lines of 64 characters, the last one excepted. */
const opensslHeadedBlock = new RegExp(
  `-----BEGIN ([^-\\n]*)-----${blank}\\n([^\\n:]{1,80}:[^\\n]{0,200}(?:\\n(?!${blank}\\n)[^\\n]{1,200}){0,20})\\n${blank}\\n` +
    `((?:[A-Za-z0-9+/=]{64}\\n)*[A-Za-z0-9+/=]{1,64})${blank}\\n-----END \\1-----${lineEnd}`,
  'y',
);
const p11KitBlock = new RegExp(
  `-----BEGIN ([^-\\n]*)-----(?:${blank}\\n)?${body}\\s?-----END \\1-----`,
  'y',
);

const labelAt = (text: string, at: number): string =>
  text.slice(at + begin.length, text.indexOf('-----', at + begin.length));

const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};

/** What OpenSSL reads of a line at once. */
const lineBytes = 254;

/** Whether the line that begins here ends with dashes: OpenSSL takes no other for the start of a block. */
const endsWithDashes = (text: string, at: number): boolean => {
  const line = text.slice(at, at + lineBytes);
  const [first = ''] = line.split('\n', 1);
  return first.slice(begin.length).trimEnd().endsWith('-----');
};

const byteOrderMark = '\xef\xbb\xbf';

/** Whether a line begins here; a byte order mark may stand before the first behind a block. */
const isLineStart = (text: string, at: number, behind: number): boolean =>
  at === 0 ||
  text[at - 1] === '\n' ||
  (at === behind + byteOrderMark.length && text.startsWith(byteOrderMark, behind));

const opensslBlockAt = (text: string, at: number): PemBlock => {
  opensslHeadedBlock.lastIndex = 0;
  const [, label, body] = matchAt(opensslBlock, text, at) ?? [];
  if (label !== undefined && body !== undefined) return { label, body };
  const [, headed, header, encrypted] = matchAt(opensslHeadedBlock, text, at) ?? [];
  if (headed !== undefined && header !== undefined && encrypted !== undefined)
    return { label: headed, header, body: encrypted };
  const isSeen = endsWithDashes(text, at);
  return { label: labelAt(text, at), ...(!isSeen && { unseen: true }) };
};

/**
 * OpenSSL wants lines for themselves that begin and end a block (PEM_read_bio): it does not read two that were
 * put together without a line end.
 */
export function* opensslBlocks(text: string): Generator<PemBlock> {
  let behind = 0;
  for (let at = text.indexOf(begin); at >= 0;) {
    let end = at + begin.length;
    if (isLineStart(text, at, behind)) {
      const block = opensslBlockAt(text, at);
      end = Math.max(end, opensslBlock.lastIndex, opensslHeadedBlock.lastIndex);
      behind = end;
      yield block;
    }
    at = text.indexOf(begin, end);
  }
}

/** p11-kit sees a block that begins within a line. */
export function* p11KitBlocks(text: string): Generator<PemBlock> {
  for (let at = text.indexOf(begin); at >= 0;) {
    const [, label, body] = matchAt(p11KitBlock, text, at) ?? [];
    yield label !== undefined && body !== undefined
      ? { label, body }
      : { label: labelAt(text, at) };
    at = text.indexOf(begin, Math.max(p11KitBlock.lastIndex, at + begin.length));
  }
}

const plainStart = `${begin}CERTIFICATE`;
const olderStart = `${begin}X509 CERTIFICATE`;

/** Every place where a label starts, with what stands between its header and the next end of any block. */
function* gnutlsBlocksOf(text: string, start: string, from: number): Generator<PemBlock> {
  let end = 0;
  for (let at = text.indexOf(start, from); at >= 0; at = text.indexOf(start, at + 1)) {
    const label = labelAt(text, at);
    const content = text.indexOf('-----', at + 1) + 5;
    if (end >= 0 && end < content) end = text.indexOf('-----END ', content);
    if (content < 5 || end < 0) yield { label };
    else yield { label, body: text.slice(content, Math.min(end, text.indexOf('-', content))) };
  }
}

/**
 * GnuTLS looks for the start of a certificate anywhere, and takes what follows up to the next end of any block; the
 * older label counts behind the last of the newer (gnutls_x509_crt_list_import, _gnutls_fbase64_decode).
 */
export function* gnutlsBlocks(text: string): Generator<PemBlock> {
  yield* gnutlsBlocksOf(text, plainStart, 0);
  yield* gnutlsBlocksOf(text, olderStart, text.lastIndexOf(plainStart) + 1);
}
