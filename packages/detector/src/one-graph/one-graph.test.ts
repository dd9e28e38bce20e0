import type { Tensor } from '@cflow/onnx';
import type { DeviceCandidate } from '@cflow/runtime';
import { nodeDevices } from '@cflow/runtime/node';
import type { Prediction } from '@cflow/spec';
import { afterAll, describe, expect, it } from 'vitest';
import type { Detector } from '../detector.js';
import { loadDetector } from '../load-detector.js';
import { asCard, type Copied } from '../testing/as-card.js';
import { type MakeBundleOptions, makeBundle } from '../testing/make-bundle.js';
import { memoryBundle } from '../testing/memory-bundle.js';
import { testImage } from '../testing/test-image.js';
import { mapOfLevels } from './map-levels.js';

const cpu = (await nodeDevices({ threads: 1 })).find(({ device }) => device === 'cpu') as DeviceCandidate;
const opened: Detector[] = [];
afterAll(async () => {
  for (const detector of opened) await detector.dispose();
});

async function both(
  options: MakeBundleOptions,
): Promise<{ apart: Detector; whole: Detector; copied: Copied[] }> {
  const files = await makeBundle(options);
  const copied: Copied[] = [];
  const card = asCard(cpu, { onRun: (each) => copied.push(each) });
  const apart = await loadDetector(memoryBundle(files), { devices: [cpu] });
  const whole = await loadDetector(memoryBundle(files), {
    devices: [card],
    oneGraph: () => import('../one-graph.js'),
  });
  opened.push(apart, whole);
  return { apart, whole, copied };
}

const images = [testImage(0, 64, 64), testImage(1, 100, 60), testImage(2, 33, 130)];

function expectSame(found: Prediction, expected: Prediction): void {
  const values = [...expected.map.data];
  const size = Math.max(...values.map(Math.abs));
  expect(Math.abs(found.score - expected.score)).toBeLessThanOrEqual(1e-6 * size);
  found.map.data.forEach((value, i) => {
    // Half a level of a map from 0 to its highest value, and what float32 rounds.
    expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(size / 131_070 + 1e-6 * size);
  });
}

describe('a detector as one graph', () => {
  const TILED = { geometry: 'tiles', inputSize: [96, 160], tileSize: [64, 64] } as const;
  it.each([
    ['whole pictures', {}],
    ['pictures with their shape kept', { geometry: 'pad' }],
    ['tiles', structuredClone(TILED) as unknown as MakeBundleOptions['configuration'] & object],
  ] as const)('gives the scores and maps of two, of %s', async (_, configuration) => {
    const { apart, whole } = await both({ configuration });
    const [expected, found] = [await apart.predictBatch(images), await whole.predictBatch(images)];
    found.forEach((each, i) => {
      expectSame(each, expected[i] as Prediction);
    });
  });

  it('copies pixels in, and the score and two bytes of each pixel of the map out', async () => {
    const { whole, copied } = await both({});
    copied.length = 0;
    await whole.predictBatch(images);
    const pixels = 64 * 64;
    expect(copied).toEqual([{ to: 3 * 3 * pixels, back: 3 * (2 * pixels + 4 + 2 * 4) }]);
  });

  it('gives the likelihoods of layers where they are asked for', async () => {
    const { apart, whole } = await both({});
    const [expected, found] = [await apart.logLikelihoods(images), await whole.logLikelihoods(images)];
    found.flat().forEach(({ data }, i) => {
      const other = expected.flat()[i]?.data as Float32Array;
      data.forEach((value, at) => {
        expect(Math.abs(value - other[at]!)).toBeLessThanOrEqual(1e-4);
      });
    });
  });
});

describe('levels of a map', () => {
  const single = (value: number): Tensor => ({ type: 'float32', dims: [1], data: Float32Array.of(value) });
  const levels = (...values: number[]): Tensor => ({
    type: 'uint16',
    dims: [1, 1, values.length],
    data: Uint16Array.from(values),
  });

  it('have the ends where the map has them', () => {
    const map = mapOfLevels({ levels: levels(0, 65_535, 32_768), low: single(-0.1), high: single(7.3) });
    const [low, high, middle] = map.data as Float32Array;
    expect([low, high]).toEqual([Math.fround(-0.1), Math.fround(7.3)]);
    expect(middle).toBeCloseTo(3.6, 3);
  });

  it('are not numbers where the map was none', () => {
    const map = mapOfLevels({ levels: levels(0, 1), low: single(Number.NaN), high: single(Number.NaN) });
    expect([...(map.data as Float32Array)].every(Number.isNaN)).toBe(true);
  });
});
