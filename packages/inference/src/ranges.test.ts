import { type Detector, loadDetector } from '@cflow/detector';
import { makeBundle, memoryBundle, testImage } from '@cflow/detector/testing';
import { decodeImage } from '@cflow/images/node';
import { nodeDevices } from '@cflow/runtime/node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Inference } from './inference.js';
import { createNodeInference } from './node/create-node-inference.js';
import { MemoryRegistry } from './testing/memory-registry.js';
import { request } from './testing/requests.js';

const TWELVE = { low: 0, high: 4095 };
const CONFIGURATIONS = {
  plain: {},
  camera: { range: TWELVE },
  strict: { range: TWELVE, outOfRange: 'error' },
} as const;
const registry = new MemoryRegistry();
const detectors = new Map<string, Detector>();
let inference: Inference;
let twelve: Uint8Array;
let eight: Uint8Array;

beforeAll(async () => {
  const devices = await nodeDevices({ threads: 1 });
  for (const [name, configuration] of Object.entries(CONFIGURATIONS)) {
    // All of them share a backbone.
    const bundle = await makeBundle({ name, configuration });
    registry.add(name, bundle, 'latest');
    detectors.set(name, await loadDetector(memoryBundle(bundle), { devices, device: 'cpu' }));
  }
  const { width, height, data } = testImage(1);
  const raw = { raw: { width, height, channels: 3 as const } };
  const samples = Uint16Array.from(data, (value) => (value << 4) | (value >> 4));
  twelve = await sharp(samples, raw).toColourspace('rgb16').png().toBuffer();
  eight = await sharp(data, raw).png().toBuffer();
  inference = createNodeInference({ registry, device: 'cpu', lanes: 1, threads: 1 });
});
afterAll(async () => {
  await inference.close();
  for (const detector of detectors.values()) await detector.dispose();
});

describe('samples of more than 8 bits', () => {
  it('are taken by the range of each detector, also where several share a backbone', async () => {
    const names = ['plain', 'camera', 'strict'];
    const results = await inference.predict(request([{ encoded: twelve }], names));
    const scores = new Set<number>();
    for (const [i, name] of names.entries()) {
      const detector = detectors.get(name) as Detector;
      const { range } = detector.manifest.configuration;
      const { score } = await detector.predict(await decodeImage(twelve, { range }));
      expect(results[i]?.score).toBeCloseTo(score, 6);
      expect(results[i]).not.toHaveProperty('warnings');
      scores.add(score);
    }
    expect(scores.size).toBe(2);
  });

  it('are warned of where they do not fit, or refused', async () => {
    const [plain, camera] = await inference.predict(request([{ encoded: eight }], ['plain', 'camera']));
    expect(plain).not.toHaveProperty('warnings');
    expect(camera?.warnings).toEqual([expect.stringMatching(/^has samples of 8 bits, expected more/)]);
    expect(camera?.score).toBeCloseTo(plain?.score as number, 6);
    await expect(inference.predict(request([{ encoded: eight }], ['strict']))).rejects.toThrow(
      /has samples of 8 bits, expected more, with values from 0 to 4095; give images/,
    );
  });
});
