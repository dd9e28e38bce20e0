/** A score or threshold: five significant digits, and no exponent where none is needed. */
export function formatScore(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(3);
  return String(Number(value.toPrecision(5)));
}

/** A probability as a percentage. */
export function formatProbability(probability: number): string {
  const percent = probability * 100;
  if (percent < 0.001) return '< 0.001 %';
  return `${Number(percent.toPrecision(percent < 10 ? 2 : 3))} %`;
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(3))} ${units[unit]}`;
}

export function formatDuration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

export function formatTime(instant: string): string {
  return new Date(instant).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** The first digits of a version, as the command line shows it. */
export function shortVersion(version: string): string {
  return version.slice(0, 12);
}

/** Number and unit stay on one line. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds >= 9950) return `${Math.round(milliseconds / 1000)}\u00a0s`;
  if (milliseconds >= 995) return `${(milliseconds / 1000).toFixed(1)}\u00a0s`;
  return `${milliseconds < 9.95 ? Number(milliseconds.toPrecision(2)) : Math.round(milliseconds)}\u00a0ms`;
}
