import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take more than half a minute, on two cores, the longest first. */
const LONGEST = [
  'test/docs/code-blocks.test.ts',
  'test/runtimes/runtimes.test.ts',
  'test/packages/install.test.ts',
  'test/attack/attack.test.ts',
  'test/gpu/gpu-check.test.ts',
  'test/line/hard-day.test.ts',
  'test/service/many-jobs.test.ts',
  'test/page/loop.test.ts',
  'test/service/faults.test.ts',
  'packages/jobs/src/faults.test.ts',
  'test/service/hanging.test.ts',
];

/**
 * Begins with what takes longest, so that in the end all workers are busy. Without results of an earlier run, as on a clean
 * checkout, only sizes of files are known, and a file of a few lines may start minutes of processes.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root } = this.ctx.config;
    const gone = LONGEST.filter((file) => !existsSync(join(root, file)));
    if (gone.length > 0)
      throw new Error(`test/longest-first.ts names files that are not there: ${gone.join(', ')}`);
    const place = (file: TestSpecification): number => {
      const found = LONGEST.findIndex((each) => join(root, each) === file.moduleId);
      return found < 0 ? LONGEST.length : found;
    };
    // The order of those that are not named stays.
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
