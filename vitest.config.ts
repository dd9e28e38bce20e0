import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './test/closing-line-reporter.ts';
import { LongestFirst } from './test/longest-first.ts';

export default defineConfig({
  test: {
    include: [
      'packages/**/src/**/*.test.ts',
      'functions/**/src/**/*.test.ts',
      'sdk/src/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    // For suites that load onnxruntime-node without the project's own runtime, which sees to it.
    // Tests train what needs no network; those of the default backbone take this away.
    env: { ORT_DISABLE_TELEMETRY: '1', CFLOW_BACKBONE: 'embedded' },
    setupFiles: ['test/property-seed.ts'],
    // onnxruntime-node fails to load in vmThreads; forks also keep one file's native sessions from another's.
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default', new ClosingLineReporter()],
  },
});
