// Stands in for 'vitest' where a suite of ours runs in a page: collects the tests, then runs them in order. What is
// expected is checked by vitest's own matchers.
import { JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect';
import * as chai from 'chai';

type Work = () => unknown;

interface Suite {
  name: string;
  before: Work[];
  after: Work[];
  entries: (Suite | { name: string; test: Work })[];
}

export interface BrowserResult {
  name: string;
  /** Absent when it passed. */
  failure?: string;
}

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);
export const expect = chai.expect;

let current: Suite = { name: '', before: [], after: [], entries: [] };

export function describe(name: string, define: () => void): void {
  const parent = current;
  const suite: Suite = { name, before: [], after: [], entries: [] };
  parent.entries.push(suite);
  current = suite;
  define();
  current = parent;
}

export function beforeAll(work: Work): void {
  current.before.push(work);
}

export function afterAll(work: Work): void {
  current.after.push(work);
}

export function it(name: string, test: Work): void {
  current.entries.push({ name, test });
}

it.each =
  (cases: readonly (readonly unknown[])[]) =>
  (name: string, test: (...values: never[]) => unknown): void => {
    for (const values of cases) it(name.replace('%s', String(values[0])), () => test(...(values as never[])));
  };

/** Runs what was described. */
export async function runTests(): Promise<BrowserResult[]> {
  const results: BrowserResult[] = [];
  const run = async (suite: Suite, prefix: string): Promise<void> => {
    for (const work of suite.before) await work();
    for (const entry of suite.entries) {
      const name = `${prefix}${entry.name}`;
      if ('entries' in entry) {
        await run(entry, `${name} > `);
        continue;
      }
      try {
        await entry.test();
        results.push({ name });
      } catch (error) {
        results.push({ name, failure: String((error as Error).stack ?? error) });
      }
    }
    for (const work of suite.after) await work();
  };
  await run(current, '');
  return results;
}
