import { readFile, stat } from 'node:fs/promises';
import { DataSetError } from '@cflow/spec';
import { parse } from 'csv-parse/sync';

/** One row of a table: the number of its line, counted from 1, and its cells by column in lower case, trimmed. */
export interface TableRow {
  line: number;
  cells: ReadonlyMap<string, string>;
}

/** What a table may be, at most: as many rows as an archive has files, and cells as long as a path. */
const LARGEST_TABLE: number = 2 ** 26;
const MOST_ROWS = 1_000_000;
const MOST_COLUMNS = 256;
const LONGEST_ROW: number = 2 ** 16;

/**
 * Reads a CSV file with a header: UTF-8, with or without a byte order mark, cells in double quotes where needed,
 * separated by commas, or by semicolons or tabs where the header has no comma. Empty lines are left out.
 *
 * @throws DataSetError when it cannot be read, is larger than 64 MiB, is no CSV, or lacks a required column.
 */
export async function readTable(path: string, required: readonly string[]): Promise<TableRow[]> {
  const text = await readText(path);
  const header = firstLine(path, text);
  const delimiter = header.includes(',')
    ? ','
    : header.includes(';')
      ? ';'
      : header.includes('\t')
        ? '\t'
        : ',';
  const columns = (names: string[]): string[] => names.map((name) => name.trim().toLowerCase());
  let found: string[] = [];
  try {
    const rows: { record: Record<string, string>; info: { lines: number } }[] = parse(text, {
      bom: true,
      columns: (names: string[]) => {
        found = columns(names);
        return found;
      },
      delimiter,
      info: true,
      max_record_size: LONGEST_ROW,
      // One more, to see that there are more.
      to: MOST_ROWS + 1,
      record_delimiter: ['\r\n', '\n', '\r'],
      skip_empty_lines: true,
      trim: true,
    });
    checkColumns(path, required, found);
    if (rows.length > MOST_ROWS) {
      throw new DataSetError(`${path} has more than ${MOST_ROWS} rows; expected fewer`, {
        details: { path, limit: MOST_ROWS },
      });
    }
    return rows.map(({ record, info }) => ({ line: info.lines, cells: new Map(Object.entries(record)) }));
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
  const separators = line.length > LONGEST_ROW ? Number.POSITIVE_INFINITY : line.split(/[,;\t]/).length - 1;
  if (separators < MOST_COLUMNS) return line;
  throw new DataSetError(
    `${path} has more than ${MOST_COLUMNS} columns, or a first line of more than ${LONGEST_ROW} characters; expected a header`,
    {
      details: { path, limit: MOST_COLUMNS },
    },
  );
}

function checkColumns(path: string, required: readonly string[], found: readonly string[]): void {
  const missing = required.filter((name) => !found.includes(name));
  if (missing.length === 0) return;
  throw new DataSetError(
    `${path} needs a first line that names its columns, among them ${required.join(' and ')}; found ${found.join(', ').slice(0, 200) || 'nothing'}`,
    { details: { path, required, found } },
  );
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= LARGEST_TABLE) return await readFile(path, 'utf8');
    throw new DataSetError(`${path} has ${size} bytes, the limit for a CSV file is ${LARGEST_TABLE}`, {
      details: { path, size, limit: LARGEST_TABLE },
    });
  } catch (error) {
    if (error instanceof DataSetError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataSetError(`cannot read ${path}: ${reason}`, { cause: error, details: { path } });
  }
}
