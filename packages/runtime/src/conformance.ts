export { describeRuntime } from './conformance/describe-runtime.js';
export type { ConformanceOptions } from './conformance/options.js';
