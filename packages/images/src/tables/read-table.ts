import { readFile, stat } from 'node:fs/promises';
import { DataSetError } from '@cflow/spec';
import { parse } from 'csv-parse/sync';
import { decodeText } from './decode-text.js';
import { jsonColumns, parseJsonLines } from './json-lines.js';
import {
  LARGEST_TABLE,
  LONGEST_ROW,
  MOST_COLUMNS,
  MOST_ROWS,
  tooManyColumns,
  tooManyRows,
} from './limits.js';
import { type ChooseColumns, type Table, TableRow } from './table.js';

const DELIMITERS = [',', ';', '\t', '|'];

/**
 * Reads a table: JSON lines where the name ends in .jsonl, .ndjson or .manifest; else CSV with a header, cells in double
 * quotes where needed, separated by whichever of comma, semicolon, tab and bar the header has most of. UTF-8 or UTF-16.
 * Empty lines are left out, and so is the line `sep=;` that Excel writes. Columns are named in lower case.
 *
 * @param choose which columns are kept: a table of a million rows may be of hundreds of columns that nobody asks for
 * @throws DataSetError when it cannot be read, is larger than 64 MiB, is not a table, or has more than a million rows, 256
 *   columns or 65,536 characters in a row; and what `choose` throws.
 */
export async function readTable(path: string, choose: ChooseColumns): Promise<Table> {
  const text = decodeText(await readBytes(path), path);
  return isJsonLines(path) ? parseJsonLines(text, path, choose) : parseSeparated(text, path, choose);
}

/** The columns of a table, without its rows: of CSV no more than the header is looked at. Errors as `readTable`. */
export async function readColumns(path: string): Promise<readonly string[]> {
  const text = decodeText(await readBytes(path), path);
  return isJsonLines(path) ? jsonColumns(text, path) : parseSeparated(text, path, () => [], 0).columns;
}

/** For a table that cannot do without some columns: keeps these. */
export function requireColumns(path: string, required: readonly string[]): ChooseColumns {
  return (columns) => {
    if (required.every((name) => columns.includes(name))) return required;
    throw new DataSetError(
      `${path} needs a first line that names its columns, among them ${required.join(' and ')}; got ${columns.join(', ').slice(0, 200) || 'nothing'}`,
      { details: { path, required, found: columns } },
    );
  };
}

const isJsonLines = (path: string): boolean => /\.(jsonl|ndjson|manifest)$/i.test(path);

/** @param most rows below the header that are read */
function parseSeparated(text: string, path: string, choose: ChooseColumns, most = MOST_ROWS): Table {
  const told = /^\ufeff?sep=(.)\r?\n/i.exec(text);
  const body = told ? text.slice(told[0].length) : text;
  const header = firstLine(path, body);
  const before = told ? 1 : 0;
  let columns: string[] | undefined;
  let chosen: number[] = [];
  let places: ReadonlyMap<string, number> = new Map();
  const readHeader = (names: readonly string[]): void => {
    columns = names.map((name) => name.trim().toLowerCase());
    const named = new Map(columns.map((name, place) => [name, place]));
    const kept = choose(columns).filter((name) => named.has(name));
    chosen = kept.map((name) => named.get(name) as number);
    places = new Map(kept.map((name, place) => [name, place]));
  };
  const rows: TableRow[] = [];
  try {
    parse(body, {
      bom: true,
      delimiter: told?.[1] ?? delimiterOf(header),
      max_record_size: LONGEST_ROW,
      // The header, and one more to see that there are more; or the header alone.
      to: most === 0 ? 1 : most + 2,
      // A row becomes what is kept of it before the next one is read; the parser itself keeps none.
      on_record: (cells, { lines }) => {
        if (columns === undefined) readHeader(cells);
        else {
          const kept = chosen.map((place) => cells[place]);
          rows.push(new TableRow(lines + before, places, kept));
        }
        return null;
      },
      record_delimiter: ['\r\n', '\n', '\r'],
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
    });
    // Of an empty table there is no record.
    if (columns === undefined) readHeader([]);
    if (rows.length > most) throw tooManyRows(path);
    return { columns: columns ?? [], rows };
  } catch (error) {
    if (error instanceof DataSetError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataSetError(`${path} is not a readable CSV file: ${reason}`, {
      cause: error,
      details: { path },
    });
  }
}

/** Columns are counted before cells are made of them. */
function firstLine(path: string, text: string): string {
  const end = text.search(/[\r\n]/);
  const line = end < 0 ? text : text.slice(0, end);
  const separators = line.length > LONGEST_ROW ? Number.POSITIVE_INFINITY : line.split(/[,;\t|]/).length - 1;
  if (separators < MOST_COLUMNS) return line;
  throw tooManyColumns(path);
}

function delimiterOf(line: string): string {
  // Every other piece between quotes is quoted.
  const header = line
    .split('"')
    .filter((_, i) => i % 2 === 0)
    .join('');
  const count = (delimiter: string): number => header.split(delimiter).length;
  return DELIMITERS.reduce((best, each) => (count(each) > count(best) ? each : best));
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size <= LARGEST_TABLE) return await readFile(path);
    throw new DataSetError(`${path} has ${size} bytes, the limit for a table is ${LARGEST_TABLE}`, {
      details: { path, size, limit: LARGEST_TABLE },
    });
  } catch (error) {
    if (error instanceof DataSetError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataSetError(`cannot read ${path}: ${reason}`, { cause: error, details: { path } });
  }
}
