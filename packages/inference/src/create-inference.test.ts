import { type Detector, loadDetector } from '@cflow/detector';
import { makeBundle, memoryBundle, testImage } from '@cflow/detector/testing';
import { nodeDevices } from '@cflow/runtime/node';
import type { Mask, Prediction, RgbImage } from '@cflow/spec';
import { encodePng, readMapPng16 } from '@cflow/visual/node';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Inference, InferenceResult } from './inference.js';
import { createNodeInference } from './node/create-node-inference.js';
import { MemoryRegistry } from './testing/memory-registry.js';
import { options, request } from './testing/requests.js';

const NAMES = ['wood', 'steel', 'cloth', 'other'] as const;
const registry = new MemoryRegistry();
const detectors = new Map<string, Detector>();
let inference: Inference;
const images = [
  testImage(1),
  testImage(2, 90, 70),
  testImage(3, 40, 120),
  testImage(4),
  testImage(5, 200, 33),
];
const files: Uint8Array[] = [];

beforeAll(async () => {
  const devices = await nodeDevices({ threads: 1 });
  for (const [seed, name] of NAMES.entries()) {
    // The first three share a backbone.
    const bundle = await makeBundle({ name, seed, backboneSeed: name === 'other' ? 7 : 0 });
    registry.add(name, bundle, 'latest');
    detectors.set(name, await loadDetector(memoryBundle(bundle), { devices, device: 'cpu' }));
  }
  for (const image of images) files.push(await encodePng(image));
  inference = createNodeInference({ registry, device: 'cpu', lanes: 2, threads: 1 });
});
afterAll(async () => {
  await inference.close();
  for (const detector of detectors.values()) await detector.dispose();
});

function expectSame(result: InferenceResult, expected: Prediction): void {
  expect(result.score).toBeCloseTo(expected.score, 6);
  expect(result.falseAlarmProbability).toBeCloseTo(expected.falseAlarmProbability, 5);
  expect(result.threshold).toBe(expected.threshold);
  expect(result.pixelThreshold).toBe(expected.pixelThreshold);
  // Where the score lies on the threshold to the last digit, either is right.
  if (Math.abs(expected.score - expected.threshold) > 1e-6) expect(result.label).toBe(expected.label);
  if (!result.regions) return;
  expect(result.regions.map(({ box }) => box)).toEqual(expected.regions.map(({ box }) => box));
  expect(result.regions.map(({ area }) => area)).toEqual(expected.regions.map(({ area }) => area));
}

describe('results', () => {
  it('are those of the detector alone, for several detectors at once and several images', async () => {
    const results = await inference.predict(
      request(
        files.map((encoded) => ({ encoded })),
        NAMES,
      ),
    );
    expect(results).toHaveLength(images.length * NAMES.length);
    let at = 0;
    for (const [index, image] of images.entries()) {
      for (const name of NAMES) {
        const result = results[at++] as InferenceResult;
        expect(result).toMatchObject({
          image: index,
          detector: { name, version: await registry.resolve(name, 'latest'), device: 'cpu' },
          original: { width: image.width, height: image.height },
          mapSize: { width: 64, height: 64 },
        });
        expectSame(result, await (detectors.get(name) as Detector).predict(image));
      }
    }
  });

  it('are the same in any mix of requests at the same time', async () => {
    const one = fc.record({
      images: fc.array(fc.nat(images.length - 1), { minLength: 1, maxLength: 6 }),
      names: fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }),
      falseAlarmRate: fc.option(fc.constantFrom(0.001, 0.2, 0.6), { nil: undefined }),
      regions: fc.boolean(),
      encoded: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 8 }), async (mix) => {
        const all = await Promise.all(
          mix.map((each) =>
            inference.predict(
              request(
                each.images.map((i) =>
                  each.encoded ? { encoded: files[i] as Uint8Array } : { pixels: images[i] as RgbImage },
                ),
                each.names,
                { options: options({ falseAlarmRate: each.falseAlarmRate, regions: each.regions }) },
              ),
            ),
          ),
        );
        for (const [r, each] of mix.entries()) {
          const wanted = each.images.flatMap((image) => each.names.map((name) => ({ image, name })));
          expect(all[r]).toHaveLength(wanted.length);
          for (const [i, { image, name }] of wanted.entries()) {
            const result = all[r]?.[i] as InferenceResult;
            expect(result.regions !== undefined).toBe(each.regions);
            const { falseAlarmRate } = each;
            const detector = detectors.get(name) as Detector;
            expectSame(result, await detector.predict(images[image] as RgbImage, { falseAlarmRate }));
          }
        }
      }),
      { numRuns: 15 },
    );
    expect(inference.status().queue.length).toBe(0);
  });

  it('leave out what the mask covers', async () => {
    const detector = detectors.get('wood') as Detector;
    const whole = await detector.predict(images[0] as RgbImage);
    const peak = whole.map.data.indexOf(Math.max(...whole.map.data));
    const mask: Mask = { width: 64, height: 64, data: new Uint8Array(64 * 64) };
    mask.data.fill(1, peak - (peak % 64), peak - (peak % 64) + 64);
    const ignore = await encodePng(mask);
    const [result] = await inference.predict({
      ...request([], ['wood'], { options: options({ falseAlarmRate: 0.9 }) }),
      images: [{ image: { encoded: files[0] as Uint8Array }, ignore }],
    });
    const expected = await detector.predict(images[0] as RgbImage, { ignore: mask, falseAlarmRate: 0.9 });
    expect(expected.score).toBeLessThan(whole.score);
    expect(expected.regions.length).toBeGreaterThan(0);
    expectSame(result as InferenceResult, expected);
  });

  it.each(['png8', 'png16', 'f32'] as const)('hold the map as %s', async (map) => {
    const [result] = await inference.predict(
      request([{ encoded: files[1] as Uint8Array }], ['steel'], {
        options: options({ map, overlay: true, regions: false }),
      }),
    );
    const expected = (await (detectors.get('steel') as Detector).predict(images[1] as RgbImage)).map;
    const payload = result?.map;
    expect(payload).toMatchObject({ format: map, width: 64, height: 64 });
    const bytes = Buffer.from(payload?.data ?? '', 'base64');
    const values =
      map === 'f32'
        ? new Float32Array(new Uint8Array(bytes).buffer)
        : map === 'png16'
          ? (await readMapPng16(bytes)).data
          : undefined;
    const allowed = map === 'f32' ? 1e-6 : (payload?.scale ?? 0) * 0.51 + 1e-6;
    values?.forEach((value, i) => {
      expect(Math.abs(value - expected.data[i]!)).toBeLessThan(allowed);
    });
    if (payload?.offset !== undefined) expect(payload.offset).toBeCloseTo(Math.min(...expected.data), 5);
    expect([...Buffer.from(result?.overlay?.data ?? '', 'base64').subarray(1, 4)]).toEqual([80, 78, 71]);
  });
});

describe('what cannot be done', () => {
  it('names the bad image among good ones, and leaves the service as it was', async () => {
    const bad = new Uint8Array([1, 2, 3, 4]);
    const some = [files[0], bad, files[1]].map((encoded) => ({ encoded: encoded as Uint8Array }));
    await expect(inference.predict(request(some, ['wood']))).rejects.toMatchObject({
      code: 'image',
      details: { image: 1, reason: 'not-an-image' },
    });
    expect(inference.status().queue.length).toBe(0);
    await expect(inference.predict(request(some.slice(0, 1), ['wood']))).resolves.toHaveLength(1);
  });

  it('refuses a bomb by its header', async () => {
    const header = Buffer.from(files[0] as Uint8Array);
    header.writeUInt32BE(60_000, 16);
    header.writeUInt32BE(60_000, 20);
    const attempt = inference.predict(request([{ encoded: header }], ['wood']));
    await expect(attempt).rejects.toMatchObject({ code: 'image', details: { image: 0 } });
  });

  it('refuses a mask that leaves nothing, with the place of the image', async () => {
    const ignore = await encodePng({ width: 4, height: 4, data: new Uint8Array(16).fill(1) });
    const attempt = inference.predict({
      ...request([], ['wood']),
      images: [
        { image: { encoded: files[0] as Uint8Array } },
        { image: { encoded: files[0] as Uint8Array }, ignore },
      ],
    });
    await expect(attempt).rejects.toMatchObject({ code: 'image', details: { image: 1 } });
  });

  it('refuses another device than the one it runs on, with the reason', async () => {
    const attempt = inference.predict(
      request([{ encoded: files[0] as Uint8Array }], ['wood'], { options: options({ device: 'cuda' }) }),
    );
    await expect(attempt).rejects.toMatchObject({
      code: 'device',
      attempts: [{ device: 'cuda', reason: expect.stringContaining('cpu') }],
    });
  });

  it('passes on what the registry says', async () => {
    await expect(inference.load('wood', 'nothing')).rejects.toThrow(/no detector/);
  });
});
