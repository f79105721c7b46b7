/** Interleaved measurements: each round runs every candidate once, so that a busy machine hits all alike. */

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
};

export interface Candidate {
  readonly name: string;
  /** Runs once and gives the milliseconds that count. */
  readonly run: () => Promise<number>;
}

/** Median milliseconds by name; one round to warm up is not counted. */
export const interleaved = async (
  candidates: readonly Candidate[],
  rounds: number,
): Promise<ReadonlyMap<string, number>> => {
  const times = new Map<string, number[]>(candidates.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++)
    for (const { name, run } of candidates) {
      const ms = await run();
      if (round > 0) times.get(name)?.push(ms);
    }
  return new Map([...times].map(([name, values]) => [name, median(values)]));
};

/** Rows as an aligned table, the first row as its head. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  const [head = [], ...rest] = rows;
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rest.map(line)].join(
    '\n',
  );
};
