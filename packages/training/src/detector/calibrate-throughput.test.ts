import { inPrecisionMode, loadDetector, parseManifest } from '@cflow/detector';
import { asCard, makeBundle, memoryBundle, testImage, testImages } from '@cflow/detector/testing';
import { tf32Model } from '@cflow/onnx/testing';
import type { DeviceCandidate } from '@cflow/runtime';
import { nodeDevices } from '@cflow/runtime/node';
import { DataSetError, DeviceError, type RgbImage, THROUGHPUT_FILES, type Throughput } from '@cflow/spec';
import { beforeAll, describe, expect, it } from 'vitest';
import { calibrateThroughput } from './calibrate-throughput.js';

const oneGraph = () => import('@cflow/detector/one-graph');
let cpu: DeviceCandidate;
let rounding: DeviceCandidate;
let files: Map<string, Uint8Array>;
let calibrated: Map<string, Uint8Array>;

async function* batches(images: readonly RgbImage[]) {
  yield images.slice(0, 5);
  yield images.slice(5);
}

/** A card that rounds factors to so many bits. */
const roundingTo = (bits?: number): DeviceCandidate =>
  asCard(cpu, { model: ({ model }) => tf32Model(model as Uint8Array, undefined, bits) });

beforeAll(async () => {
  cpu = (await nodeDevices({ threads: 1 })).find(({ device }) => device === 'cpu') as DeviceCandidate;
  rounding = roundingTo();
  files = await makeBundle();
  calibrated = await calibrateThroughput({
    source: memoryBundle(files),
    card: rounding,
    oneGraph,
    images: batches(testImages(14, 100)),
  });
});

const load = (device: DeviceCandidate, mode: 'exact' | 'throughput') =>
  loadDetector(inPrecisionMode(memoryBundle(calibrated), mode), { devices: [device], oneGraph });

describe('a detector that is calibrated for throughput', () => {
  it('is what it was, and has a calibration and a probe of the card besides', async () => {
    const [before, after] = await Promise.all(
      [files, calibrated].map((each) => parseManifest(each.get('manifest.json') as Uint8Array, 'test')),
    );
    expect({ ...after, files: {} }).toEqual({ ...before, files: {} });
    expect(Object.keys(after?.files ?? {}).sort()).toEqual(
      [...Object.keys(before?.files ?? {}), ...Object.values(THROUGHPUT_FILES)].sort(),
    );
    const found = JSON.parse(
      new TextDecoder().decode(calibrated.get(THROUGHPUT_FILES.calibration)),
    ) as Throughput;
    expect(found.device).toBe(rounding.description);
    expect(found.calibration.score.count).toBe(14);
    expect(found.calibration.score.scores).not.toEqual(before?.calibration.score.scores);
    expect(calibrated.get(THROUGHPUT_FILES.probe)).not.toEqual(files.get('probe.safetensors'));
  });

  it('is refused on a card that rounds in the mode exact, and taken in its own, which every answer says', async () => {
    const refused = await load(rounding, 'exact').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(DeviceError);
    expect((refused as DeviceError).attempts[0]?.reason).toMatch(/golden probe failed/);
    const detector = await load(rounding, 'throughput');
    expect(await detector.predict(testImage(3))).toMatchObject({ precisionMode: 'throughput' });
    await detector.dispose();
  });

  it('may be scored exactly in that mode, too, and is refused where more than rounding is wrong', async () => {
    const exact = await load(cpu, 'throughput');
    expect(exact.device).toBe('cpu');
    await exact.dispose();
    const refused = await load(roundingTo(6), 'throughput').catch((error: unknown) => error);
    expect((refused as DeviceError).attempts[0]?.reason).toMatch(/golden probe failed/);
  });
});

describe('calibrating for throughput', () => {
  const attempt = (card: DeviceCandidate, images: readonly RgbImage[]) =>
    calibrateThroughput({ source: memoryBundle(files), card, oneGraph, images: batches(images) });

  it('refuses images that are not like those that the detector was calibrated on', async () => {
    const noise = testImages(14, 100).map((image, seed) => ({
      ...image,
      data: image.data.map((_, i) => 255 * (Math.imul(i + 1, 2654435761 + 2 * seed) >>> 31)),
    }));
    const refused = attempt(rounding, noise);
    await expect(refused).rejects.toBeInstanceOf(DataSetError);
    await expect(refused).rejects.toThrow(/do not score as the good images did/);
  });

  it('refuses fewer than two images', async () => {
    await expect(attempt(rounding, testImages(1))).rejects.toThrow(/at least 2/);
  });

  it('refuses a card that is wrong, whatever it rounds', async () => {
    await expect(attempt(roundingTo(6), testImages(14, 100))).rejects.toThrow(/gives wrong numbers/);
  });
});
