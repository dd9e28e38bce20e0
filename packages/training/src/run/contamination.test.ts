import { join } from 'node:path';
import { verifyBundle } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { decodeImage, openDataSet } from '@cflow/images/node';
import { nodeDevices } from '@cflow/runtime/node';
import type { BundleManifest, DataSet } from '@cflow/spec';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { trainingFromBundle } from '../backbone/training-backbone.js';
import type { TrainingEvent } from '../events.js';
import { renderDataSet } from '../testing/synth-data-set.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { trainDetector } from './train-detector.js';
import { trainInMemory } from './train-in-memory.js';

const root = temporaryFolder();
const at = (name: string): string => join(root, name);
/** More than are cross-fitted, which takes longer. */
const GOOD = 66;
const STRANGERS = 3;
/** One more than there are strangers. */
const LEFT_OUT = 4;

let dataSet: DataSet;
let strangers: string[];
let manifest: BundleManifest;
let events: TrainingEvent[];

const leftOut = (all: readonly TrainingEvent[]) => all.find((event) => event.type === 'left-out');

beforeAll(async () => {
  await renderDataSet(at('data'), { train: GOOD });
  // Pictures that lie among the good ones by mistake: negatives of some.
  const folder = at('data/wood/train/good');
  strangers = Array.from({ length: STRANGERS }, (_, i) => join(folder, `stranger-${i}.png`));
  for (const [i, path] of strangers.entries()) {
    await sharp(join(folder, `00${i}.png`))
      .negate({ alpha: false })
      .toFile(path);
  }
  dataSet = await openDataSet(at('data/wood'));
  events = [];
  manifest = await trainDetector({
    ...{ dataSet, output: at('bundle'), name: 'wood', preset: 'memory', device: 'cpu', threads: 2 },
    configuration: { backbone: 'embedded', inputSize: [64, 64] },
    overrides: { contamination: LEFT_OUT / (GOOD + STRANGERS) },
    onEvent: (event) => events.push(event),
  });
});

describe('contamination', () => {
  it('leaves out what is not like the others, and names it', () => {
    const event = leftOut(events);
    expect(event?.count).toBe(LEFT_OUT);
    expect(event?.images.map(({ path }) => path)).toEqual(expect.arrayContaining(strangers));
    expect(manifest.provenance.trainImages).toBe(GOOD + STRANGERS - LEFT_OUT);
    expect(manifest.calibration.score.count).toBe(GOOD + STRANGERS - LEFT_OUT);
  });

  it('does the same in memory, and with a flow', async () => {
    const { backbone } = trainingFromBundle(await verifyBundle(folderBundle(at('bundle'))));
    const paths = dataSet.items.filter(({ split }) => split === 'train').map(({ path }) => path);
    const images = await Promise.all(paths.map((path) => decodeImage(path)));
    const seen: TrainingEvent[] = [];
    await trainInMemory({
      ...{ name: 'wood', images, backbone, preset: 'fast', device: 'cpu', threads: 2 },
      configuration: { couplingBlocks: 1 },
      devices: (await nodeDevices()).filter(({ device }) => device === 'cpu'),
      overrides: { contamination: LEFT_OUT / (GOOD + STRANGERS), epochs: 1 },
      onEvent: (event) => seen.push(event),
    });
    // Where images are held out at random they have other numbers than here, so that they are told by their scores alone.
    expect(leftOut(seen)?.count).toBe(LEFT_OUT);
    const start = seen.find((event) => event.type === 'start');
    expect((start?.trainImages ?? 0) + (start?.validationImages ?? 0)).toBe(GOOD + STRANGERS);
    const calibrated = seen.find((event) => event.type === 'calibrated');
    expect(calibrated?.images).toBeGreaterThan(1);
  });
});
