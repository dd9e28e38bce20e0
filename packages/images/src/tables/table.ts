/** One row of a table: the number of its line, counted from 1, and its cells by column in lower case, trimmed. */
export interface TableRow {
  line: number;
  cells: ReadonlyMap<string, string>;
}

export interface Table {
  columns: readonly string[];
  rows: TableRow[];
}
