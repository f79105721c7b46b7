/** A curve as an SVG picture. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface CurveText {
  readonly title: string;
  readonly x: string;
  readonly y: string;
}

const width = 760;
const height = 320;
const margin = { left: 60, right: 20, top: 40, bottom: 45 };

/** From 0 up, so that a little noise does not look like much. */
export const curve = (points: readonly Point[], text: CurveText): string => {
  const right = Math.max(...points.map(({ x }) => x));
  const top = Math.max(...points.map(({ y }) => y)) * 1.2;
  const x = (value: number): string =>
    (margin.left + (value / right) * (width - margin.left - margin.right)).toFixed(1);
  const y = (value: number): string =>
    (height - margin.bottom - (value / top) * (height - margin.top - margin.bottom)).toFixed(1);
  const steps = [0, 1, 2, 3, 4];
  const rows = steps.map((step) => (top * step) / 4);
  const columns = steps.map((step) => (right * step) / 4);
  const path = points.map((point) => `${x(point.x)},${y(point.y)}`).join(' ');
  const label = (at: { x: string | number; y: string | number }, anchor: string, words: string) =>
    `<text x="${at.x}" y="${at.y}" text-anchor="${anchor}">${words}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    label({ x: margin.left, y: 24 }, 'start', text.title),
    ...rows.map(
      (row) =>
        `<line x1="${x(0)}" x2="${x(right)}" y1="${y(row)}" y2="${y(row)}" stroke="#ddd"/>` +
        label({ x: margin.left - 8, y: Number(y(row)) + 4 }, 'end', row.toFixed(1)),
    ),
    ...columns.map((column) =>
      label({ x: x(column), y: height - 25 }, 'middle', Math.round(column).toLocaleString('en')),
    ),
    label({ x: x(right / 2), y: height - 8 }, 'middle', text.x),
    label({ x: 8, y: margin.top - 4 }, 'start', text.y),
    `<polyline points="${path}" fill="none" stroke="#06c" stroke-width="1.5"/>`,
    '</svg>\n',
  ].join('\n');
};
