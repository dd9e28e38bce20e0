import type { SpanTree } from './otlp-receiver.js';

const ROW = 26;
const LEFT = 280;
const WIDTH = 950;
const RIGHT = 90;

/** A trace as an SVG: a bar for each span, below what it is a part of, on one axis of milliseconds. */
export function tracePicture(title: string, tree: readonly SpanTree[]): string {
  const rows: { tree: SpanTree; depth: number }[] = [];
  const walk = (some: readonly SpanTree[], depth: number): void => {
    for (const each of some) {
      rows.push({ tree: each, depth });
      walk(each.parts, depth + 1);
    }
  };
  walk(tree, 0);
  const begin = Math.min(...rows.map(({ tree: { span } }) => span.start));
  const end = Math.max(...rows.map(({ tree: { span } }) => span.end));
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(1e-3, end - begin);
  const height = 44 + ROW * rows.length + 12;
  const bars = rows.map(({ tree: { span }, depth }, i) => {
    const y = 44 + ROW * i;
    const x = LEFT + (span.start - begin) * scale;
    const width = Math.max(1.5, (span.end - span.start) * scale);
    const milliseconds = `${(span.end - span.start).toFixed(1)} ms`;
    return [
      `<text x="${12 + 14 * depth}" y="${y + 14}">${escaped(span.name)}</text>`,
      `<rect x="${x.toFixed(1)}" y="${y + 3}" width="${width.toFixed(1)}" height="14" rx="2" fill="${COLORS[depth % COLORS.length]}"/>`,
      `<text x="${(x + width + 6).toFixed(1)}" y="${y + 14}" class="time">${milliseconds}</text>`,
    ].join('');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>text{font:13px system-ui,sans-serif;fill:#1d2733}.time{font-size:11px;fill:#52606d}.title{font-weight:600}</style>
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="12" y="24" class="title">${escaped(title)}</text>
${bars.join('\n')}
</svg>
`;
}

const COLORS = ['#1f4e79', '#3d7ab5', '#6fa8d6', '#e0963a', '#b5651d'];

const escaped = (text: string): string =>
  text.replace(
    /[&<>"]/g,
    (each) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[each] as string,
  );
