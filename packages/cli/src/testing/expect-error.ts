import { expect } from 'vitest';
import type { CliResult } from './run-cli.js';

/** Expects an exit code and, on stderr, one readable paragraph that says all of `words`, without a stack trace. */
export function expectError(result: CliResult, code: number, ...words: (string | RegExp)[]): void {
  const { stderr } = result;
  const last = stderr
    .trimEnd()
    .split('\n')
    .findLast((line) => !line.startsWith('('));
  expect(result.code, stderr).toBe(code);
  expect(last).toMatch(/^error: /);
  for (const word of words) expect(last).toMatch(word);
  expect(stderr.trimEnd()).not.toMatch(/\n\s*\n/);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr).not.toContain('unexpected:');
}
