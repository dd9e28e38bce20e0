import { DataSetError } from '@cflow/spec';
import { isKnownColumn } from './columns.js';
import { LONGEST_JSON_LINE, MOST_COLUMNS, MOST_ROWS, tooManyRows } from './limits.js';
import { type ChooseColumns, type Table, TableRow } from './table.js';

/**
 * Rows of a text with a JSON object on each line. Texts, numbers and booleans become cells, a list of texts one with line ends
 * in it. Read twice, since any line may bring a column and what is not chosen is not kept.
 */
export function parseJsonLines(text: string, path: string, choose: ChooseColumns): Table {
  const columns = jsonColumns(text, path);
  const chosen = choose(columns);
  const places = new Map(chosen.map((name, place) => [name, place]));
  const rows: TableRow[] = [];
  for (const { line, value } of objects(text, path)) {
    const cells: (string | undefined)[] = chosen.map(() => undefined);
    for (const [key, each] of Object.entries(value)) {
      const place = places.get(nameOf(key));
      if (place !== undefined) cells[place] = cellOf(each) ?? cells[place];
    }
    rows.push(new TableRow(line, places, cells));
  }
  return { columns, rows };
}

/** The names of the fields, in the order in which they come: of very many, those that say something of an image. */
export function jsonColumns(text: string, path: string): string[] {
  const columns = new Set<string>();
  let rows = 0;
  for (const { value } of objects(text, path)) {
    if (++rows > MOST_ROWS) throw tooManyRows(path);
    for (const key of Object.keys(value)) {
      const name = nameOf(key);
      if (columns.size < MOST_COLUMNS || isKnownColumn(name)) columns.add(name);
    }
  }
  return [...columns];
}

const nameOf = (key: string): string => key.trim().toLowerCase();

function cellOf(value: unknown): string | undefined {
  if (['string', 'number', 'boolean'].includes(typeof value)) return String(value).trim();
  const isList = Array.isArray(value) && value.every((each) => typeof each === 'string');
  return isList ? value.join('\n') : undefined;
}

function* objects(text: string, path: string): Generator<{ line: number; value: Record<string, unknown> }> {
  let line = 0;
  for (const each of linesOf(text.replace(/^\ufeff/, ''))) {
    line++;
    if (each.length > LONGEST_JSON_LINE) {
      throw new DataSetError(
        `${path}, line ${line}: expected at most ${LONGEST_JSON_LINE} characters, got ${each.length}`,
        { details: { path, line, limit: LONGEST_JSON_LINE } },
      );
    }
    if (each.trim() !== '') yield { line, value: objectOf(each, path, line) };
  }
}

/** One after the other: a list of a million lines would stay until the last one is read. */
function* linesOf(text: string): Generator<string> {
  const ends = /\r\n|\n|\r/g;
  let start = 0;
  for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
    yield text.slice(start, end.index);
    start = ends.lastIndex;
  }
  yield text.slice(start);
}

function objectOf(line: string, path: string, number: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new DataSetError(
      `${path}, line ${number}: expected a JSON object on each line, got something else`,
      {
        cause,
        details: { path, line: number },
      },
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new DataSetError(
    `${path}, line ${number}: expected a JSON object, got ${Array.isArray(value) ? 'a list' : typeof value}`,
    {
      details: { path, line: number },
    },
  );
}
