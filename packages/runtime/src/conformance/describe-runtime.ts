import { afterAll, beforeAll, describe } from 'vitest';
import type { Runtime } from '../runtime.js';
import { describeDataTypes } from './describe-data-types.js';
import { describeExternalData } from './describe-external-data.js';
import { describeProbes } from './describe-probes.js';
import { describeRefusals } from './describe-refusals.js';
import { describeRuns } from './describe-runs.js';
import type { ConformanceContext, ConformanceOptions } from './options.js';

/** What every runtime must do, whatever it runs on. Call it from a test file of the adapter. */
export function describeRuntime(name: string, options: ConformanceOptions): void {
  describe(name, () => {
    let runtime: Runtime | undefined;
    const context: ConformanceContext = {
      tolerance: options.tolerance ?? 1e-6,
      offThread: options.offThread,
      largeTensorBytes: options.largeTensorBytes ?? 16 * 2 ** 20,
      writeFile: options.writeFile,
      create: async () => options.create(),
      runtime() {
        if (!runtime) throw new Error('the runtime exists only while tests run');
        return runtime;
      },
    };
    beforeAll(async () => {
      runtime = await options.create();
    });
    afterAll(() => runtime?.dispose());
    describeDataTypes(context);
    describeRuns(context);
    describeRefusals(context);
    describeExternalData(context);
    describeProbes(context);
  });
}
