export interface Column {
  title: string;
  /** Numbers stand flush right. Default `left`. */
  align?: 'left' | 'right';
  /** Least characters; known in advance where a table is written row by row. */
  width?: number;
}

/** Writes rows under each other. The last column is not padded, so that no line ends in blanks. */
export class Table {
  readonly #columns: readonly Column[];
  readonly #widths: readonly number[];

  /** @param rows to take the widths of the columns from; cells of later rows may stick out */
  constructor(columns: readonly Column[], rows: readonly (readonly string[])[] = []) {
    this.#columns = columns;
    this.#widths = columns.map(({ title, width = 0 }, i) =>
      rows.reduce((most, row) => Math.max(most, (row[i] ?? '').length), Math.max(title.length, width)),
    );
  }

  header(): string {
    return this.row(this.#columns.map(({ title }) => title));
  }

  row(cells: readonly string[]): string {
    const padded = this.#columns.map(({ align }, i) => {
      const cell = cells[i] ?? '';
      const width = this.#widths[i]!;
      return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
    });
    return padded.join('  ').trimEnd();
  }
}

/** A whole table as lines. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const table = new Table(columns, rows);
  return [table.header(), ...rows.map((row) => table.row(row))];
}

/** Text no longer than a width; the middle is cut, since the end of a path says most. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  const head = Math.floor((width - 1) / 3);
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`;
}
