/** Rows are objects by column; `json` columns are parsed, `timestamptz` columns are `Date`. */
export interface Sql {
  /** Without values the text may hold several statements; the rows are those of the last. */
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** PostgreSQL, somewhere. Rejects with JobsError `unavailable` when it cannot be reached; everything may then be tried again. */
export interface Database extends Sql {
  /** No other process can use this database. */
  readonly exclusive: boolean;
  /** Commits when `run` resolves. An `unavailable` from here leaves open whether it was committed. */
  transaction<T>(run: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
