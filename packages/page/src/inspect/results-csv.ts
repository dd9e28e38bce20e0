import type { ResultCard } from './result-card.js';

const COLUMNS = [
  'file',
  'label',
  'score',
  'threshold',
  'falseAlarmProbability',
  'regions',
  'detector',
  'version',
];

/** The scored images as a table (RFC 4180), in the order of the page. */
export function resultsCsv(cards: readonly ResultCard[]): string {
  const rows = cards.flatMap(({ name, prediction, label, state, regions }) => {
    if (!prediction || !state) return [];
    const { score, falseAlarmProbability } = prediction;
    return [[name, label, score, state.threshold, falseAlarmProbability, regions, state.name, state.version]];
  });
  return [COLUMNS, ...rows].map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

/** A name that a spreadsheet would run as a formula is made plain text. */
function cell(value: string | number | undefined): string {
  if (typeof value !== 'string') return value === undefined ? '' : String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
