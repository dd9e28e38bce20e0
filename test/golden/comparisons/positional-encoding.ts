import { positionalEncoding } from '@cflow/model';
import { type ComparisonSource, largestDifference } from '../comparison.js';

const CASES = [
  [128, 16, 12],
  [128, 1, 5],
  [128, 8, 8],
  [64, 7, 9],
] as const;

/** The positional encoding as rows, width first. */
export const positionalEncodingComparisons: ComparisonSource = (set) =>
  set.has('posenc')
    ? [
        {
          name: 'positional encoding',
          compare: async () =>
            CASES.map(([dimensions, height, width]) => ({
              name: `${dimensions} numbers on ${height}x${width}`,
              largestDifference: largestDifference(
                positionalEncoding(dimensions, height, width),
                set.file('posenc').expected(`pe_${dimensions}_${height}x${width}.rows`),
              ),
              tolerance: 1e-6,
            })),
        },
      ]
    : [];
