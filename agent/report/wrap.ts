/** Lays words out in a column of a terminal. */

/** Columns that a report is laid out in, however wide or odd the terminal says it is. */
export const clampColumns = (columns: number): number =>
  Number.isFinite(columns) ? Math.min(120, Math.max(40, Math.floor(columns))) : 80;

const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** East Asian Wide and Fullwidth (Unicode Annex 11), by script and block. */
const doubleWidth =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\ufe30-\ufe4f\uff01-\uff60\uffe0-\uffe6]$/u;

const characterWidth = (character: string): number => {
  if (character <= '~') return 1;
  if (zeroWidth.test(character)) return 0;
  return doubleWidth.test(character) ? 2 : 1;
};

/** Columns that a text takes in a terminal. */
export const textWidth = (text: string): number => {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
};

/** Where a long word may be broken without hiding that it goes on. */
const breakAfter = /[-.,:;/@_=]/;

/** The longest beginning of a word that fits, at least one character, preferably up to a punctuation mark. */
const splitWord = (word: string, room: number): [string, string] => {
  const characters = Array.from(word);
  let used = 0;
  let end = 0;
  for (const character of characters) {
    used += characterWidth(character);
    if (used > room && end > 0) break;
    end += 1;
  }
  for (let at = end; at > end / 2; at -= 1)
    if (breakAfter.test(characters[at - 1] ?? '')) {
      end = at;
      break;
    }
  return [characters.slice(0, end).join(''), characters.slice(end).join('')];
};

export interface WrapOptions {
  readonly columns: number;
  /** What the first line begins with. */
  readonly first?: string;
  /** What the others begin with; default as many blanks. */
  readonly rest?: string;
}

/** A word in pieces that fit; a URL stays whole, even where it does not fit. */
const pieces = (word: string, columns: number): string[] => {
  const parts: string[] = [];
  let left = word;
  while (!left.includes('://') && textWidth(left) > columns) {
    const [head, tail] = splitWord(left, columns);
    if (tail === '') break;
    parts.push(head);
    left = tail;
  }
  return [...parts, left];
};

/** Breaks at blanks. A URL is never broken; another word that is longer than a line is. */
export const wrap = (text: string, { columns, first = '', rest }: WrapOptions): string[] => {
  const indent = rest ?? ' '.repeat(textWidth(first));
  const narrow = Math.max(1, columns - Math.max(textWidth(first), textWidth(indent)));
  const words = text.split(' ').filter((word) => word !== '');
  const lines: string[] = [];
  let line = '';
  const start = (): string => (lines.length === 0 ? first : indent);
  for (const piece of words.flatMap((word) => pieces(word, narrow))) {
    const longer = line === '' ? piece : `${line} ${piece}`;
    if (line !== '' && textWidth(start()) + textWidth(longer) > columns) {
      lines.push(start() + line);
      line = piece;
    } else line = longer;
  }
  return [...lines, (start() + line).trimEnd()];
};
