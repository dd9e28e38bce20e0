import type { SampleRange } from '@cflow/spec';
import { InvalidArgumentError } from 'commander';

/** A whole number from `least` on. */
export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\+?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`Expected a whole number ${range}.`);
  };
}

/** A whole number from 1 on, or `none`. (Commander takes null for an option without a value.) */
export function integerOrNone(text: string): number | 'none' {
  return text === 'none' ? text : integer(1)(text);
}

export function finiteNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Expected a number.');
}

export function positiveNumber(text: string): number {
  const value = finiteNumber(text);
  if (value > 0) return value;
  throw new InvalidArgumentError('Expected a number above 0.');
}

/** A number from 0 to 1. */
export function share(text: string): number {
  const value = finiteNumber(text);
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('Expected a number from 0 to 1.');
}

/** A number between 0 and 1, both excluded. */
export function rate(text: string): number {
  const value = finiteNumber(text);
  if (value > 0 && value < 1) return value;
  throw new InvalidArgumentError('Expected a number above 0 and below 1, such as 0.01.');
}

/** Two numbers with a colon between them, the lower one first. */
export function sampleRange(text: string): SampleRange {
  const [low = Number.NaN, high = Number.NaN, ...more] = text.split(':').map(finiteNumber);
  if (more.length === 0 && low < high) return { low, high };
  throw new InvalidArgumentError('Expected the lowest and the highest value, such as 0:4095.');
}

/** Names with commas between them. */
export function nameList(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError('Expected names with commas between them, such as a,b,c.');
}

/** `256` or `256x384`: height and width in pixels. */
export function imageSize(text: string): [number, number] {
  const match = /^(\d{1,5})(?:x(\d{1,5}))?$/i.exec(text.trim());
  const height = Number(match?.[1]);
  const width = Number(match?.[2] ?? match?.[1]);
  if (height > 0 && width > 0) return [height, width];
  throw new InvalidArgumentError('Expected one number for a square, or HEIGHTxWIDTH, such as 256x384.');
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/** `500MB`, `2GiB`, or plain bytes. */
export function byteSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?$/i.exec(text.trim());
  const unit = UNITS[match?.[2]?.toLowerCase() ?? 'none'];
  if (match && unit !== undefined) return Math.floor(Number(match[1]) * unit);
  throw new InvalidArgumentError('Expected a size such as 2GiB, 500MB or a number of bytes.');
}
