import { createNodeRuntime, nodeDevices } from '@cflow/runtime/node';
import { ConfigurationError, type LayerLogLikelihood } from '@cflow/spec';
import { afterAll, describe, expect, it } from 'vitest';
import { type GoldenSet, goldenSets } from '../../../test/golden/golden-set.js';
import { loadDetector } from './load-detector.js';
import { fuseAsReference, referenceMaps } from './reference-maps.js';
import { makeBundle } from './testing/make-bundle.js';
import { memoryBundle } from './testing/memory-bundle.js';
import { testImages } from './testing/test-image.js';

const runtime = createNodeRuntime({ device: 'cpu', threads: 1 });
afterAll(() => runtime.dispose());

describe('fuseAsReference', () => {
  // What anomalib makes of the log-likelihoods of its own decoders on a small ResNet.
  const file = (goldenSets()[0] as GoldenSet).file('cflow_resnet18_tiny');
  const layers = [
    { layer: 'layer2', size: 8 },
    { layer: 'layer3', size: 4 },
    { layer: 'layer4', size: 2 },
  ];
  const logLikelihoods = [0, 1].map((image) =>
    layers.map(({ layer, size }): LayerLogLikelihood => {
      const area = size * size;
      const data = file.tensor(`log_likelihood.${layer}`).data as Float32Array;
      return { layer, width: size, height: size, data: data.slice(image * area, (image + 1) * area) };
    }),
  );

  const expectGolden = (found: Iterable<number>, name: string): void => {
    const { data, stride } = file.expected(name);
    const values = [...found];
    data.forEach((expected, i) => {
      expect(Math.abs(values[i * stride]! - expected)).toBeLessThan(1e-5);
    });
  };

  it("gives the reference's maps and scores for a batch", async () => {
    const { maps, scores } = await fuseAsReference(runtime, logLikelihoods, [64, 64]);
    expectGolden(
      maps.flatMap(({ data }) => [...data]),
      'anomaly_map',
    );
    expectGolden(scores, 'pred_score');
  });

  it.each([0, 1])("gives the reference's other map and score for image %i alone", async (image) => {
    const { maps, scores } = await fuseAsReference(
      runtime,
      [logLikelihoods[image] as LayerLogLikelihood[]],
      [64, 64],
    );
    expectGolden(maps[0]?.data ?? [], `single${image}.anomaly_map`);
    expectGolden(scores, `single${image}.pred_score`);
  });

  it('needs an image', async () => {
    await expect(fuseAsReference(runtime, [], [64, 64])).rejects.toThrow(ConfigurationError);
  });
});

describe('referenceMaps', () => {
  it('scores images as one batch, on which the scores then depend', async () => {
    const devices = (await nodeDevices({ threads: 1 })).filter(({ device }) => device === 'cpu');
    // Two at a time, and one batch for the normalization all the same.
    const detector = await loadDetector(memoryBundle(await makeBundle()), { devices, maxBatch: 2 });
    try {
      const images = testImages(5);
      const together = await referenceMaps(detector, images);
      expect(together.scores.length).toBe(5);
      const least = together.maps.map(({ data }) => data.reduce((a, b) => Math.min(a, b)));
      // The most likely place of the whole batch is where a map is zero.
      expect(Math.min(...least)).toBe(0);
      expect(least.filter((value) => value === 0).length).toBe(1);
      together.maps.forEach(({ width, height, data }, i) => {
        expect([width, height]).toEqual([64, 64]);
        expect(data.reduce((a, b) => Math.max(a, b))).toBe(together.scores[i]);
      });
      const alone = await Promise.all(images.map(async (image) => referenceMaps(detector, [image])));
      const moved = alone.map(({ scores }, i) => Math.abs(scores[0]! - together.scores[i]!));
      expect(Math.max(...moved)).toBeGreaterThan(1e-3);
    } finally {
      await detector.dispose();
    }
  });
});
