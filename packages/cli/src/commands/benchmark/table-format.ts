import { type Column, tableLines } from '../../terminal/table.js';

/** Writes a table with its caption as lines. */
export type FormatTable = (
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
) => string[];

export const TABLE_FORMATS = ['text', 'markdown'] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

/** For a terminal, or for a page. */
export function tableFormat(format: TableFormat): FormatTable {
  return format === 'text'
    ? (caption, columns, rows) => [caption, ...tableLines(columns, rows)]
    : (caption, columns, rows) => [`**${escaped(caption)}**`, '', ...markdownTable(columns, rows), ''];
}

function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  return [
    line(columns.map(({ title }) => title)),
    `|${columns.map(({ align }) => (align === 'right' ? ' ---: |' : ' --- |')).join('')}`,
    ...rows.map((row) => line(columns.map((_, i) => row[i] ?? ''))),
  ];
}

/** Names of folders and variants are shown as they are, whatever Markdown would make of them. */
const escaped = (text: string): string => text.replace(/[\\|*_`<[]/g, (sign) => `\\${sign}`);
