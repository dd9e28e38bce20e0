// A checkpoint of anomalib becomes a bundle that gives the numbers of the reference's formulas, which are written down here a
// second time, plainly.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Detector, loadDetector } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { resizeToPlanar } from '@cflow/images';
import { decodeImage, openDataSet } from '@cflow/images/node';
import { createNodeRuntime, nodeDevices } from '@cflow/runtime/node';
import { BUNDLE_FILES, ConfigurationError, DataSetError, type Prediction, WeightsError } from '@cflow/spec';
import { importDetector } from '@cflow/training/node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { positionalEncoding } from '../../packages/model/src/decoder/positional-encoding.js';
import { makeAnomalibCheckpoint } from '../../packages/model/src/testing/anomalib-checkpoint.js';
import { plainLogLikelihood, plainParameters } from '../../packages/model/src/testing/plain-decoder.js';
import { Call, writeTorchFile } from '../../packages/model/src/testing/write-torch-file.js';

const [HEIGHT, WIDTH] = [32, 48];
const made = makeAnomalibCheckpoint({ permuteSoft: false });
let folder: string;
let detector: Detector;
let predictions: Prediction[];
const at = (name: string): string => join(folder, name);

const importIt = async (options: Partial<Parameters<typeof importDetector>[0]> = {}) =>
  importDetector({
    checkpoint: at('model.ckpt'),
    good: await openDataSet([], { good: [at('good')] }),
    output: at('bundle'),
    name: 'made',
    device: 'cpu',
    threads: 2,
    ...options,
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-import-'));
  await mkdir(at('good'));
  for (let image = 0; image < 4; image++) {
    const data = Uint8Array.from(
      { length: WIDTH * HEIGHT * 3 },
      (_, i) => 128 + 100 * Math.sin(i / (5 + image)) * Math.cos(i / 97),
    );
    await sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .png()
      .toFile(at(`good/${image}.png`));
  }
  await writeFile(at('model.ckpt'), writeTorchFile(made.value));
  await importIt();
  detector = await loadDetector(folderBundle(at('bundle')), { devices: await nodeDevices(), device: 'cpu' });
  const images = await Promise.all([0, 1, 2, 3].map((image) => decodeImage(at(`good/${image}.png`))));
  predictions = await detector.predictBatch(images, { layers: true });
});
afterAll(async () => {
  await detector?.dispose();
  await rm(folder, { recursive: true, force: true });
});

describe('an imported checkpoint', () => {
  it('is a bundle that says what it was made of', () => {
    expect(detector.manifest).toMatchObject({
      name: 'made',
      configuration: {
        backbone: 'resnet18',
        layers: ['layer1'],
        inputSize: [HEIGHT, WIDTH],
        conditionVector: 16,
        couplingBlocks: 2,
        clampAlpha: 1.5,
        permuteSoft: false,
        lr: 0.0002,
      },
      backbone: { source: expect.stringMatching(/^anomalib checkpoint model\.ckpt, sha256 [0-9a-f]{64}$/) },
      calibration: { score: { count: 4 } },
      provenance: {
        preset: 'imported',
        epochs: 3,
        trainImages: 0,
        validationImages: 4,
        dataSet: expect.any(String),
      },
    });
  });

  it("has the reference's likelihoods", async () => {
    const runtime = createNodeRuntime({ device: 'cpu' });
    const read = (name: string) => readFile(at(`bundle/${name}`));
    const session = await runtime.createSession({
      model: await read(BUNDLE_FILES.backboneModel),
      externalData: [{ path: BUNDLE_FILES.backboneWeights, data: await read(BUNDLE_FILES.backboneWeights) }],
    });
    const image = await decodeImage(at('good/0.png'));
    const { layer1 } = await session.run({
      image: { type: 'uint8', dims: [1, 3, HEIGHT, WIDTH], data: resizeToPlanar(image, WIDTH, HEIGHT) },
    });
    await runtime.dispose();
    const [, channels = 0, h = 0, w = 0] = layer1?.dims ?? [];
    const features = layer1?.data as Float32Array;
    const conditions = positionalEncoding(16, h, w);
    const parameters = plainParameters(made.parameters[0] ?? {});
    const found = predictions[0]?.layers?.[0]?.data as Float32Array;
    expect(found).toHaveLength(h * w);
    for (let place = 0; place < h * w; place++) {
      const fiber = Array.from({ length: channels }, (_, c) => features[c * h * w + place]!);
      const condition = conditions.subarray(place * 16, (place + 1) * 16);
      const expected = plainLogLikelihood(made.shapes[0]!, parameters, fiber, condition);
      expect(Math.abs(found[place]! - expected)).toBeLessThan(1e-4 * Math.abs(expected));
    }
  });

  it('has the maps and scores that the reference gives where all good images share a batch', () => {
    const likelihoods = predictions.map(({ layers }) => layers?.[0]?.data as Float32Array);
    const top = Math.max(...likelihoods.flatMap((each) => [...each]));
    const sums = likelihoods.map((each) =>
      upsampled(
        [...each].map((value) => Math.exp(value - top)),
        8,
        12,
      ),
    );
    const largest = Math.max(...sums.flat());
    sums.forEach((sum, image) => {
      const { map, score } = predictions[image] as Prediction;
      const expected = sum.map((value) => largest - value);
      for (const [i, value] of expected.entries()) {
        expect(Math.abs(map.data[i]! - value)).toBeLessThan(1e-5);
      }
      expect(score).toBeCloseTo(Math.max(...expected), 5);
    });
  });

  it('goes elsewhere with its weights halved', async () => {
    const { manifest } = await importIt({ output: at('half'), precision: 'float16' });
    expect(manifest.precision).toBe('float16');
    expect(manifest.files[BUNDLE_FILES.decoders]?.bytes).toBeLessThan(
      0.6 * (detector.manifest.files[BUNDLE_FILES.decoders]?.bytes ?? 0),
    );
  });
});

describe('an import that cannot be', () => {
  it('refuses a file that would run a command, by its name', async () => {
    const malicious = { ...made.value, callbacks: new Call('os', 'system', ['true']) };
    await writeFile(at('malicious.ckpt'), writeTorchFile(malicious));
    const attempt = importIt({ checkpoint: at('malicious.ckpt'), output: at('never') });
    await expect(attempt).rejects.toThrow(
      /malicious\.ckpt" cannot be imported: the file asks for "os\.system"/,
    );
    await expect(attempt).rejects.toThrow(WeightsError);
  });

  it('names the file that is none', async () => {
    await writeFile(at('text.ckpt'), 'no checkpoint');
    await expect(importIt({ checkpoint: at('text.ckpt') })).rejects.toThrow(
      /text\.ckpt".*not a file of torch\.save/,
    );
    await expect(importIt({ checkpoint: at('none.ckpt') })).rejects.toThrow(/there is no such file/);
  });

  it.each([
    ['model.onnx', '\b\b\x12\x07pytorch\x1a\x062.13.0', /model\.onnx" is an ONNX file/],
    ['model', '\b\n\x12\x07pytorch\x1a\x062.13.0', /model" is an ONNX file/],
    [
      'model.xml',
      '<?xml version="1.0"?>\n<net name="Model0" version="11">',
      /model\.xml" is a file of OpenVINO/,
    ],
    ['model.bin', '\0\0\x80?\0\0\0@', /model\.bin" is a file of OpenVINO/],
  ])('says of %s, exported to be run alone, what to import instead', async (name, content, message) => {
    await writeFile(at(name), content);
    const attempt = importIt({ checkpoint: at(name), output: at('never') });
    await expect(attempt).rejects.toThrow(WeightsError);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toThrow(/likelihoods.*weights\/lightning\/model\.ckpt/);
  });

  it('needs two good images', async () => {
    const good = await openDataSet([], { good: [at('good/0.png')] });
    await expect(importIt({ good, output: at('never') })).rejects.toThrow(DataSetError);
  });

  it('refuses decoders that know nothing of the good images, and writes no bundle', async () => {
    const name = 'model.decoders.0.module_list.0.global_scale';
    const wild = { type: 'float32', dims: [1, 64], data: new Float32Array(64).fill(1e30) } as const;
    const diverged = { ...made.value, state_dict: new Map([...made.stateDict, [name, wild]]) };
    await writeFile(at('diverged.ckpt'), writeTorchFile(diverged));
    const attempt = importIt({ checkpoint: at('diverged.ckpt'), output: at('never') });
    await expect(attempt).rejects.toThrow(WeightsError);
    await expect(attempt).rejects.toThrow(/diverged\.ckpt" cannot be imported.*decoders have diverged/);
    await expect(readFile(at('never/manifest.json'))).rejects.toThrow(/ENOENT/);
  });

  it('needs decoders that fit the layers that are named', async () => {
    const attempt = importIt({ overrides: { layers: ['layer2'] }, output: at('never') });
    await expect(attempt).rejects.toThrow(/layer2/);
    const other = importIt({ overrides: { backbone: 'efficientnet_lite0' }, output: at('never') });
    await expect(other).rejects.toThrow(ConfigurationError);
  });
});

/** Bilinear with corners on corners, row-major, to 32 x 48. */
function upsampled(values: readonly number[], h: number, w: number): number[] {
  const at = (y: number, x: number): number => values[Math.min(y, h - 1) * w + Math.min(x, w - 1)]!;
  return Array.from({ length: HEIGHT * WIDTH }, (_, i) => {
    const y = (Math.floor(i / WIDTH) * (h - 1)) / (HEIGHT - 1);
    const x = ((i % WIDTH) * (w - 1)) / (WIDTH - 1);
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const row = (each: number): number => at(each, left) * (left + 1 - x) + at(each, left + 1) * (x - left);
    return row(top) * (top + 1 - y) + row(top + 1) * (y - top);
  });
}
