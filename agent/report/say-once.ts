/** Sentences that differ in a name, said once for all names. */

const sharedStart = (texts: readonly (readonly string[])[]): number => {
  const [first = []] = texts;
  const shortest = Math.min(...texts.map(({ length }) => length));
  const end = first.findIndex(
    (word, index) => index >= shortest || texts.some((text) => text[index] !== word),
  );
  return end === -1 ? shortest : end;
};

/** `crl.example.org.` in three: the name may end a sentence. */
const ending = (words: readonly string[]): string => /[.,:;]*$/.exec(words.join(' '))?.[0] ?? '';

/**
 * Texts of which every word but those in one place is the same become one, with what differs listed in that
 * place; where the same is less than half of a text, all stay as they are.
 */
export const sayOnce = (texts: readonly string[]): readonly string[] => {
  const distinct = [...new Set(texts.filter((text) => text !== ''))];
  if (distinct.length < 2) return distinct;
  const words = distinct.map((text) => text.split(' '));
  const start = sharedStart(words);
  const rests = words.map((text) => text.slice(start).reverse());
  const end = sharedStart(rests);
  const longest = Math.max(...words.map(({ length }) => length));
  if (start + end < longest / 2) return distinct;
  const middles = rests.map((rest) => rest.slice(end).reverse());
  if (middles.some(({ length }) => length === 0)) return distinct;
  const [first = []] = middles;
  const mark = ending(first);
  const listed = middles.map((middle) => middle.join(' ').slice(0, -mark.length || undefined));
  const [common = []] = words;
  return [
    [
      ...common.slice(0, start),
      `${listed.join('; ')}${mark}`,
      ...common.slice(common.length - end),
    ].join(' '),
  ];
};

/** `a`, `a and b`, `a, b and c`; of more than four, how many others there are. */
export const listing = (items: readonly string[]): string => {
  const distinct = [...new Set(items)];
  if (distinct.length > 4)
    return `${distinct.slice(0, 3).join(', ')} and ${distinct.length - 3} others`;
  const last = distinct.at(-1) ?? '';
  return distinct.length < 2 ? last : `${distinct.slice(0, -1).join(', ')} and ${last}`;
};
