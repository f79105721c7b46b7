/** The word that was probably meant. */

/** Edit distance with swaps of neighbours counted as one (optimal string alignment). */
const distance = (a: string, b: string): number => {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= a.length; row++) {
    const cells = [row];
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      const at = (up: number, left: number): number => rows[row - up]?.[column - left] ?? Infinity;
      let best = Math.min(at(1, 0) + 1, (cells[column - 1] ?? 0) + 1, at(1, 1) + cost);
      if (a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        best = Math.min(best, at(2, 2) + 1);
      cells.push(best);
    }
    rows.push(cells);
  }
  return rows[a.length]?.[b.length] ?? Infinity;
};

/** The nearest of the candidates, where one is near enough to be meant. */
export const nearest = (word: string, candidates: readonly string[]): string | undefined => {
  if (word.length > 64) return undefined;
  const asked = word.toLowerCase();
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: distance(asked, candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const [best] = ranked;
  return best && best.edits <= Math.max(1, Math.floor(asked.length / 3))
    ? best.candidate
    : undefined;
};

/** `, did you mean "x"?`, or nothing. */
export const didYouMean = (word: string, candidates: readonly string[]): string => {
  const meant = nearest(word, candidates);
  return meant === undefined ? '' : `, did you mean "${meant}"?`;
};
