import type { Feedback } from '@cflow/spec';

const COLUMNS = [
  'prediction',
  'version',
  'score',
  'label',
  'note',
  'by',
  'predictedAt',
  'createdAt',
  'image',
];

/** What was said as CSV (RFC 4180), a piece for each line. */
export async function* feedbackCsv(all: AsyncIterable<Feedback>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  yield encoder.encode(`${COLUMNS.join(',')}\r\n`);
  for await (const { prediction, version, score, label, note, by, predictedAt, createdAt, image } of all) {
    const cells = [prediction, version, score, label, note, by, predictedAt, createdAt, image ? 'kept' : ''];
    yield encoder.encode(`${cells.map(cell).join(',')}\r\n`);
  }
}

/** A text that a spreadsheet would run as a formula is made plain. */
function cell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
