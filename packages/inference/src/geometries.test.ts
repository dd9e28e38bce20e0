import { type Detector, loadDetector } from '@cflow/detector';
import { makeBundle, memoryBundle, testImage } from '@cflow/detector/testing';
import { nodeDevices } from '@cflow/runtime/node';
import type { Mask } from '@cflow/spec';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Inference } from './inference.js';
import { createNodeInference } from './node/create-node-inference.js';
import { MemoryRegistry } from './testing/memory-registry.js';
import { request } from './testing/requests.js';

const CONFIGURATIONS = {
  squeezed: {},
  padded: { geometry: 'pad' },
  cropped: { geometry: 'crop' },
  tiled: { geometry: 'tiles', inputSize: [96, 160], tileSize: [64, 64] },
  // The same network behind other tiles.
  larger: { geometry: 'tiles', inputSize: [128, 160], tileSize: [64, 64] },
} as const;
const NAMES = Object.keys(CONFIGURATIONS);
const registry = new MemoryRegistry();
const detectors = new Map<string, Detector>();
const image = testImage(3, 150, 70);
let inference: Inference;
let encoded: Uint8Array;

beforeAll(async () => {
  const devices = await nodeDevices({ threads: 1 });
  for (const [name, configuration] of Object.entries(CONFIGURATIONS)) {
    const bundle = await makeBundle({ name, configuration: structuredClone(configuration) as object });
    registry.add(name, bundle, 'latest');
    detectors.set(name, await loadDetector(memoryBundle(bundle), { devices, device: 'cpu' }));
  }
  const { width, height, data } = image;
  encoded = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  inference = createNodeInference({ registry, device: 'cpu', lanes: 1, threads: 1 });
});
afterAll(async () => {
  await inference.close();
  for (const detector of detectors.values()) await detector.dispose();
});

describe('pictures that are not of the shape of the input', () => {
  it('are scored as by the detector alone, whoever shares its network, and their maps are theirs', async () => {
    const asked = request([{ encoded }], NAMES);
    const results = await inference.predict({
      ...asked,
      options: { ...asked.options, map: 'f32', pixelThreshold: -1e30 },
    });
    const sizes: unknown[] = [];
    for (const [i, name] of NAMES.entries()) {
      const { score, map, regions } = await (detectors.get(name) as Detector).predict(image, {
        pixelThreshold: -1e30,
      });
      const result = results[i];
      expect(result?.score, name).toBeCloseTo(score, 5);
      expect(result?.mapSize, name).toEqual({ width: map.width, height: map.height });
      expect([result?.map?.width, result?.map?.height], name).toEqual([map.width, map.height]);
      const places = (found = regions) => found.map(({ box, polygon }) => ({ box, polygon }));
      expect(places(result?.regions), name).toEqual(places());
      // All of the picture, whatever its map looks like.
      expect(result?.regions?.[0]?.box, name).toEqual({ x: 0, y: 0, width: 150, height: 70 });
      expect(result?.original, name).toEqual({ width: 150, height: 70 });
      sizes.push([map.width, map.height]);
    }
    expect(sizes).toEqual([
      [64, 64],
      [64, 30],
      [137, 64],
      [160, 96],
      [160, 128],
    ]);
    expect(new Set(results.map(({ score }) => score)).size).toBe(5);
  });

  it('have scores that need no map', async () => {
    const asked = request([{ encoded }], NAMES);
    const options = { ...asked.options, map: 'none', regions: false } as const;
    const results = await inference.predict({ ...asked, options });
    for (const [i, name] of NAMES.entries()) {
      const { score } = await (detectors.get(name) as Detector).predict(image);
      expect(results[i]?.score, name).toBeCloseTo(score, 5);
    }
  });

  it('are ignored in part where the mask of the picture says so', async () => {
    const ignore: Mask = {
      ...{ width: 150, height: 70 },
      data: Uint8Array.from({ length: 150 * 70 }, (_, i) => (i % 150 < 75 ? 1 : 0)),
    };
    const { data } = ignore;
    const mask = await sharp(
      data.map((value) => 255 * value),
      { raw: { width: 150, height: 70, channels: 1 } },
    )
      .png()
      .toBuffer();
    const asked = request([{ encoded }], NAMES);
    const results = await inference.predict({
      ...asked,
      images: [{ image: { encoded }, ignore: mask }],
    });
    for (const [i, name] of NAMES.entries()) {
      const { score } = await (detectors.get(name) as Detector).predict(image, { ignore });
      expect(results[i]?.score, name).toBeCloseTo(score, 5);
    }
  });
});
