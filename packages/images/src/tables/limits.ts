import { DataSetError } from '@cflow/spec';

/** What a table may be, at most: as many rows as an archive has files, and cells as long as a path. */
export const LARGEST_TABLE: number = 2 ** 26;
export const MOST_ROWS = 1_000_000;
export const MOST_COLUMNS = 256;
/** Characters of a line of CSV. */
export const LONGEST_ROW: number = 2 ** 16;
/** Characters of a line of JSON, which may hold polygons that nobody asks for. */
export const LONGEST_JSON_LINE: number = 2 ** 22;

export function tooManyRows(path: string): DataSetError {
  return new DataSetError(`${path} has more than ${MOST_ROWS} rows; expected fewer`, {
    details: { path, limit: MOST_ROWS },
  });
}

export function tooManyColumns(path: string): DataSetError {
  return new DataSetError(
    `${path} has more than ${MOST_COLUMNS} columns, or a first line of more than ${LONGEST_ROW} characters; expected a header`,
    { details: { path, limit: MOST_COLUMNS } },
  );
}
