// What the code of a page takes for granted: things that its readers have, and that its own blocks do not make.

/**
 * - `wood`, `tile`, `metal`: a bundle `<name>.cflow` of a detector with that name, trained on brushed metal by the first
 *   block of packages/cli/README.md
 * - `small wood`: one trained as pages train, smaller: where versions are trained from it again
 * - `tiny wood`: the same of a network that takes milliseconds, and that nothing can be trained from
 * - `parts`: the data set `parts/brushed-metal` that it was trained on
 * - `part.png`: a part with a defect; `good`: a folder of good ones; `tiny good`: of 64 x 64 pixels
 * - `images.zip`: a data set as an archive, of 64 x 64 pixels
 * - `service`: the service with the bundles of the page on http://127.0.0.1:8080, its jobs left in the queue
 * - `training service`: the same, working on jobs
 * - `hono app`: sdk/examples/hono-app on http://127.0.0.1:3000, with the store that the page's service filled
 * - `example files`: those beside the page
 */
export type Need =
  | 'wood'
  | 'tile'
  | 'metal'
  | 'small wood'
  | 'tiny wood'
  | 'parts'
  | 'part.png'
  | 'good'
  | 'tiny good'
  | 'images.zip'
  | 'service'
  | 'training service'
  | 'hono app'
  | 'example files';

export const PAGE_NEEDS: Readonly<Record<string, readonly Need[]>> = {
  'README.md': ['part.png', 'images.zip'],
  'docs/getting-started.md': [],
  'docs/training.md': ['good'],
  'docs/choosing.md': ['parts', 'metal', 'part.png'],
  'docs/evaluating.md': ['parts', 'metal'],
  'docs/bundle.md': ['metal'],
  'docs/line.md': ['parts', 'metal'],
  'docs/serving.md': ['wood', 'part.png', 'images.zip'],
  'docs/review.md': ['small wood', 'part.png', 'images.zip', 'training service'],
  'docs/clients.md': ['wood', 'part.png', 'service'],
  'docs/sdk.md': ['wood', 'part.png', 'good', 'service'],
  'docs/browser-scoring.md': ['tiny wood', 'part.png', 'service'],
  'docs/browser-training.md': ['tiny wood', 'tiny good', 'service'],
  'sdk/README.md': ['wood', 'part.png', 'tiny good', 'training service'],
  'sdk/examples/node-script/README.md': ['tiny wood', 'tiny good', 'example files', 'service'],
  'sdk/examples/script-tag/README.md': ['tiny wood', 'example files'],
  'sdk/examples/react/README.md': ['example files'],
  'sdk/examples/hono-app/README.md': ['wood', 'part.png', 'hono app'],
  'packages/detector/README.md': ['parts', 'metal'],
  'packages/images/README.md': ['parts', 'part.png'],
  'packages/inference/README.md': ['wood', 'part.png'],
  'packages/store/README.md': ['tile'],
  'packages/viewer/README.md': ['tiny wood', 'part.png', 'service'],
  'packages/training/README.md': ['parts', 'tiny wood', 'tiny good'],
  'functions/predict/README.md': ['wood', 'part.png'],
  'functions/train/README.md': ['images.zip'],
};
