import type { Result } from '../result.js';

/** A result that nobody scored, with what is given of it. */
export function testResult(sequence: number, given: Partial<Result> = {}): Result {
  return {
    id: `line-${sequence}`,
    sequence,
    source: 'incoming',
    number: sequence,
    time: new Date(sequence * 1000).toISOString(),
    name: `${sequence}.png`,
    detector: 'wood',
    label: 'good',
    score: 1.5,
    falseAlarmProbability: 0.5,
    threshold: 2,
    regions: [],
    verdict: 'good',
    alarms: [],
    ...given,
  };
}

export const testResults = (from: number, to: number): Result[] =>
  Array.from({ length: to - from + 1 }, (_, i) => testResult(from + i));
