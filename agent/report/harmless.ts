/** Makes text from outside safe to show: nothing in it can steer a terminal, a reader's eye or a log. */

const longestText = 2000;

const escapeOf = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\u{${code.toString(16)}}`;
};

/**
 * Control and formatting characters (ANSI escapes, bidirectional controls, zero-width and tag characters,
 * line separators) and lone surrogates become visible escapes; towers of combining marks are cut.
 */
export const visible = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, escapeOf).replace(/(\p{M}{4})\p{M}+/gu, '$1');

/** One line of prose: any white space is one space, the rest as `visible`; very long text is cut. */
export const harmless = (text: string, longest = longestText): string => {
  const cut = text.length > longest ? `${text.slice(0, longest)} [...]` : text;
  return visible(cut.replace(/\s+/gu, ' ').trim());
};
