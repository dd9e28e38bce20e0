/** A row of a table: the number of its line, counted from 1, and the cells that are kept of it. */
export class TableRow {
  readonly line: number;
  readonly #places: ReadonlyMap<string, number>;
  readonly #cells: readonly (string | undefined)[];

  /** @param places where the cells of a column are among `cells`: one map for all rows, since there may be a million */
  constructor(line: number, places: ReadonlyMap<string, number>, cells: readonly (string | undefined)[]) {
    this.line = line;
    this.#places = places;
    this.#cells = cells;
  }

  /** What stands in a column, trimmed; undefined where nothing does, or where the column was not to be kept. */
  get(column: string): string | undefined {
    const place = this.#places.get(column);
    return place === undefined ? undefined : this.#cells[place];
  }
}

export interface Table {
  /** In lower case, trimmed; all that there are, whichever are kept. */
  columns: readonly string[];
  rows: TableRow[];
}

/** Chooses of the columns of a table those that are kept. Throws what the table cannot do without. */
export type ChooseColumns = (columns: readonly string[]) => readonly string[];
