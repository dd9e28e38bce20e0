/** `0:07`, `12:05`, `1:02:03`. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  const hours = Math.floor(whole / 3600);
  if (hours > 0) return [hours, ...parts.map((part) => `${part}`.padStart(2, '0'))].join(':');
  return `${parts[0]}:${`${parts[1]}`.padStart(2, '0')}`;
}

/** `8.4 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `12.3 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** Four significant digits, as scores and losses are read. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

/** A figure in [0, 1] to three decimals; what is below 1 never reads 1.000. */
export function formatFigure(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return value < 1 && value >= 0.9995 ? '>0.999' : value.toFixed(3);
}

/** A probability or a share: `2.5 %`, `<0.001 %`. */
export function formatPercent(value: number): string {
  const percent = value * 100;
  if (percent === 0) return '0 %';
  if (percent < 0.001) return '<0.001 %';
  return `${Number(percent.toPrecision(percent >= 99.95 ? 4 : 3))} %`;
}

/** `1 image`, `2 images`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}
