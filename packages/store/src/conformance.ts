// Suites that every object store and every registry runs. For vitest.
export * from './conformance/describe-object-store.js';
export * from './conformance/describe-registry.js';
export * from './conformance/describe-registry-reader.js';
