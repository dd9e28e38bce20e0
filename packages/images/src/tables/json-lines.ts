import { DataSetError } from '@cflow/spec';
import type { Table, TableRow } from './table.js';

/** Rows of a text with a JSON object on each line. Texts, numbers and booleans become cells, a list of texts one with line ends in it. */
export function parseJsonLines(text: string, path: string): Table {
  const columns = new Set<string>();
  const rows: TableRow[] = [];
  for (const [i, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (line.trim() === '') continue;
    const cells = new Map<string, string>();
    for (const [key, value] of Object.entries(objectOf(line, path, i + 1))) {
      const name = key.trim().toLowerCase();
      columns.add(name);
      if (['string', 'number', 'boolean'].includes(typeof value)) cells.set(name, String(value).trim());
      else if (Array.isArray(value) && value.every((each) => typeof each === 'string'))
        cells.set(name, value.join('\n'));
    }
    rows.push({ line: i + 1, cells });
  }
  return { columns: [...columns], rows };
}

function objectOf(line: string, path: string, number: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new DataSetError(
      `${path}, line ${number}: expected a JSON object on each line, found something else`,
      {
        cause,
        details: { path, line: number },
      },
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new DataSetError(
    `${path}, line ${number}: expected a JSON object, found ${Array.isArray(value) ? 'a list' : typeof value}`,
    {
      details: { path, line: number },
    },
  );
}
