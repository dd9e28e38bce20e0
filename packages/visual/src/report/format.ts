const DASH = '–';

/** A figure in [0, 1] to three decimals; a dash where there is none. A value below 1 never reads 1.000. */
export function formatFigure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  if (value < 1 && value >= 0.9995) return '> 0.999';
  return value.toFixed(3);
}

/** A score or a loss to four significant digits. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return DASH;
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return minus(value.toExponential(2));
  return minus(Number(value.toPrecision(4)).toString());
}

/** A share as a percentage, with as many digits as it needs to be told from 0. */
export function formatPercent(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  const percent = value * 100;
  if (percent === 0) return '0 %';
  if (percent < 0.001) return '< 0.001 %';
  return `${Number(percent.toPrecision(percent < 1 ? 1 : percent >= 99.95 ? 4 : 3))} %`;
}

/** `1 image`, `2 images`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

const minus = (text: string): string => text.replace(/-/g, '−');
