import type { DataSetFinding } from '@cflow/spec';
import { someOf } from '../reading/say-which.js';

const MOST_NAMED = 5;

/** A finding about images, of which the first few are named. */
export function finding(
  kind: DataSetFinding['kind'],
  severity: DataSetFinding['severity'],
  names: readonly string[],
  message: (count: number, some: string) => string,
): DataSetFinding {
  return {
    kind,
    severity,
    message: message(names.length, someOf(names, 3)),
    count: names.length,
    names: names.slice(0, MOST_NAMED),
  };
}

/** A finding where there is one. */
export const when = (condition: boolean, make: () => DataSetFinding): DataSetFinding[] =>
  condition ? [make()] : [];
/** How many images, in words. */
export const images = (count: number): string => (count === 1 ? '1 image' : `${count} images`);
