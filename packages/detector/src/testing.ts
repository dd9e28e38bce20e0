// What tests of other packages need: a whole bundle that is small and quick. Not for production.

export { asCard } from './testing/as-card.js';
export { type MakeBundleOptions, makeBundle, sealBundle } from './testing/make-bundle.js';
export { memoryBundle } from './testing/memory-bundle.js';
export { testImage, testImages } from './testing/test-image.js';
export { withThroughput } from './testing/with-throughput.js';
