import type { Problem } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { fittedProblem } from './fitted-problem.js';
import { PROBLEM_LIMITS } from './problem-limits.js';

const problem = (rest: Partial<Problem>): Problem => ({
  type: 'urn:cflow:problem:invalid-request',
  title: 'The request is not valid',
  status: 400,
  detail: 'expected something else',
  code: 'invalid-request',
  requestId: 'r'.repeat(128),
  ...rest,
});
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe('fittedProblem', () => {
  it('leaves what fits as it is', () => {
    const small = problem({ errors: [{ path: 'a', message: 'expected b' }], attempts: [] });
    expect(fittedProblem(small)).toEqual(small);
    expect(Object.keys(fittedProblem(problem({})))).not.toContain('errors');
  });

  it.each([
    ['words without end', { detail: 'word '.repeat(100_000) }],
    ['characters that JSON writes in six bytes', { detail: '\u0000'.repeat(100_000) }],
    [
      'faults without end',
      { errors: Array(10_000).fill({ path: 'a'.repeat(100), message: 'ä'.repeat(200) }) },
    ],
    [
      'long faults',
      { errors: Array(8).fill({ path: '\u0001'.repeat(5000), message: '\u0001'.repeat(5000) }) },
    ],
    ['devices that say much', { attempts: Array(100).fill({ device: 'cuda', reason: '\n'.repeat(9000) }) }],
  ])('cuts %s to a few kilobytes', (_, rest) => {
    const fitted = fittedProblem(problem(rest));
    expect(bytes(fitted)).toBeLessThanOrEqual(PROBLEM_LIMITS.bytes);
    expect(fitted).toMatchObject({ code: 'invalid-request', status: 400, requestId: 'r'.repeat(128) });
    expect(fitted.errors === undefined || fitted.errors.length <= PROBLEM_LIMITS.faults).toBe(true);
  });
});
