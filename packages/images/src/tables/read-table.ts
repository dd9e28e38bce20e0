import { readFile, stat } from 'node:fs/promises';
import { DataSetError } from '@cflow/spec';
import { parse } from 'csv-parse/sync';
import { decodeText } from './decode-text.js';
import { parseJsonLines } from './json-lines.js';
import type { Table } from './table.js';

/** What a table may be, at most: as many rows as an archive has files, and cells as long as a path. */
const LARGEST_TABLE: number = 2 ** 26;
const MOST_ROWS = 1_000_000;
const MOST_COLUMNS = 256;
const LONGEST_ROW: number = 2 ** 16;
const DELIMITERS = [',', ';', '\t', '|'];

/**
 * Reads a table: JSON lines where the name ends in .jsonl, .ndjson or .manifest; else CSV with a header, cells in double
 * quotes where needed, separated by whichever of comma, semicolon, tab and bar the header has most of. UTF-8 or UTF-16.
 * Empty lines are left out, and so is the line `sep=;` that Excel writes.
 *
 * @throws DataSetError when it cannot be read, is larger than 64 MiB, is not a table, or lacks a required column.
 */
export async function readTable(path: string, required: readonly string[] = []): Promise<Table> {
  const text = decodeText(await readBytes(path), path);
  const table = /\.(jsonl|ndjson|manifest)$/i.test(path)
    ? parseJsonLines(text, path)
    : parseSeparated(text, path);
  if (table.rows.length > MOST_ROWS) {
    throw new DataSetError(`${path} has more than ${MOST_ROWS} rows; expected fewer`, {
      details: { path, limit: MOST_ROWS },
    });
  }
  const missing = required.filter((name) => !table.columns.includes(name));
  if (missing.length === 0) return table;
  throw new DataSetError(
    `${path} needs a first line that names its columns, among them ${required.join(' and ')}; found ${table.columns.join(', ').slice(0, 200) || 'nothing'}`,
    { details: { path, required, found: table.columns } },
  );
}

function parseSeparated(text: string, path: string): Table {
  const told = /^\ufeff?sep=(.)\r?\n/i.exec(text);
  const body = told ? text.slice(told[0].length) : text;
  const header = firstLine(path, body);
  let columns: string[] = [];
  try {
    const rows: { record: Record<string, string>; info: { lines: number } }[] = parse(body, {
      bom: true,
      columns: (names: string[]) => {
        columns = names.map((name) => name.trim().toLowerCase());
        return columns;
      },
      delimiter: told?.[1] ?? delimiterOf(header),
      info: true,
      max_record_size: LONGEST_ROW,
      // One more, to see that there are more.
      to: MOST_ROWS + 1,
      record_delimiter: ['\r\n', '\n', '\r'],
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
    });
    const extra = told ? 1 : 0;
    return {
      columns,
      rows: rows.map(({ record, info }) => ({
        line: info.lines + extra,
        cells: new Map(Object.entries(record)),
      })),
    };
  } catch (error) {
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
  throw new DataSetError(
    `${path} has more than ${MOST_COLUMNS} columns, or a first line of more than ${LONGEST_ROW} characters; expected a header`,
    { details: { path, limit: MOST_COLUMNS } },
  );
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
