import type { TableColumns } from './columns.js';
import { labelOf } from './row-label.js';
import type { TableRow } from './table.js';

/**
 * Columns of a table whose header alone does not say which of them is the label: a "category" may be good and bad, or bottle and
 * cable. The first of them counts that has a label in some cell; where another column says what is bad, it may be the kind of defect.
 *
 * @returns undefined where nothing in the table says anything of its images
 */
export function settleColumns(columns: TableColumns, rows: readonly TableRow[]): TableColumns | undefined {
  const { weakLabels, flag, mask, split } = columns;
  if (weakLabels.length === 0) return columns;
  const told = weakLabels.find((name) => areLabels(new Set(rows.map((row) => row.get(name) ?? ''))));
  const isBad =
    flag !== undefined || (mask !== undefined && rows.every((row) => (row.get(mask) ?? '') !== ''));
  const label = told ?? (isBad ? weakLabels[0] : undefined);
  if (label === undefined && flag === undefined && split === undefined) return undefined;
  return { ...columns, label, weakLabels: [] };
}

/** Words, or numbers where there are no others than 0 and 1. */
function areLabels(cells: ReadonlySet<string>): boolean {
  const said = [...cells]
    .filter((cell) => cell !== '')
    .map((cell) => ({ cell, label: labelOf(cell)?.label }));
  const known = said.filter(({ label }) => label === 'good' || label === 'bad');
  return known.some(({ cell }) => !/^\d/.test(cell)) || (known.length > 0 && known.length === said.length);
}
