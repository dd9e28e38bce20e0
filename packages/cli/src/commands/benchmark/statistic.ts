/** A figure over seeds, or over pairs. */
export interface Statistic {
  mean: number;
  /** Sample standard deviation; null for a single value. */
  spread: number | null;
  /** How many values. */
  count: number;
}

/** Mean and spread of the known values; null when there are none. */
export function statistic(values: readonly (number | null | undefined)[]): Statistic | null {
  const known = values.filter((value): value is number => typeof value === 'number');
  if (known.length === 0) return null;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    mean,
    spread: known.length > 1 ? Math.sqrt(squares / (known.length - 1)) : null,
    count: known.length,
  };
}
