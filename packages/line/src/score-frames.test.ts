import type { Detector } from '@cflow/detector';
import { loadDetector } from '@cflow/detector';
import { makeBundle, memoryBundle, testImages } from '@cflow/detector/testing';
import { nodeDevices } from '@cflow/runtime/node';
import { DeviceError, type RgbImage } from '@cflow/spec';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Frame } from './frame.js';
import { scoreFrames } from './score-frames.js';

let detector: Detector;
beforeAll(async () => {
  const devices = await nodeDevices({ threads: 1 });
  detector = await loadDetector(memoryBundle(await makeBundle()), { devices, device: 'cpu' });
});
afterAll(() => detector.dispose());

const imageOf = (frame: Frame | undefined): RgbImage =>
  (frame as { picture: { image: RgbImage } }).picture.image;

const frames: Frame[] = testImages(3).map((image, i) => ({
  number: i + 1,
  time: new Date(0),
  name: `frame-${i + 1}`,
  picture: { image },
  readyAt: 0,
}));

/** The detector on a device that gives no number for some images. */
function failingFor(fails: (image: RgbImage) => boolean): Detector {
  const predictBatch: Detector['predictBatch'] = async (images, options) => {
    if (images.some(fails))
      throw new DeviceError('an image cannot be scored', [
        { device: 'cpu', reason: 'it gives NaN as score' },
      ]);
    return detector.predictBatch(images, options);
  };
  const predict: Detector['predict'] = async (image, options) => {
    const [prediction] = await predictBatch([image], options);
    return prediction as NonNullable<typeof prediction>;
  };
  return { manifest: detector.manifest, predictBatch, predict } as Detector;
}

it('calls a frame unreadable that alone cannot be scored, and scores the others', async () => {
  const second = imageOf(frames[1]);
  const scored = await scoreFrames(
    failingFor((image) => image === second),
    frames,
    {},
  );
  expect(scored.map(({ frame }) => frame.number)).toEqual([1, 2, 3]);
  expect(scored[1]).toMatchObject({ error: { code: 'image', message: /frame-2: cannot be scored: .*NaN/ } });
  const alone = await detector.predict(imageOf(frames[2]));
  expect((scored[2] as { prediction: { score: number } }).prediction.score).toBeCloseTo(alone.score, 6);
});

it('ends where it is the device that fails', async () => {
  await expect(
    scoreFrames(
      failingFor(() => true),
      frames,
      {},
    ),
  ).rejects.toThrow('an image cannot be scored');
});
