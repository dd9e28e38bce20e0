import { hostileGraphs } from '@cflow/onnx/testing';
import type { DeviceCandidate } from '@cflow/runtime';
import { BUNDLE_FILES, BundleError, type BundleManifest } from '@cflow/spec';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadDetector } from './load-detector.js';
import { parseManifest } from './manifest.js';
import { backboneHash, sha256Hex } from './sha256.js';
import { makeBundle, sealBundle } from './testing/make-bundle.js';
import { memoryBundle } from './testing/memory-bundle.js';
import { verifyBundle } from './verify-bundle.js';

const files = await makeBundle();
const manifest = await parseManifest(files.get(BUNDLE_FILES.manifest) as Uint8Array, 'test');
const { layers } = manifest;

/** A bundle that is whole, with some of its files replaced. */
async function bundleWith(changed: ReadonlyMap<string, Uint8Array>): Promise<Map<string, Uint8Array>> {
  const all = new Map([...files, ...changed]);
  const hash = async (name: string): Promise<string> => sha256Hex(all.get(name) as Uint8Array);
  const sha256 = await backboneHash(
    await hash(BUNDLE_FILES.backboneModel),
    await hash(BUNDLE_FILES.backboneWeights),
  );
  await sealBundle(all, { ...manifest, backbone: { ...manifest.backbone, sha256 } });
  return all;
}

/** A device that must never be asked for anything. */
function untouched(): { device: DeviceCandidate; sessions: () => number } {
  let sessions = 0;
  const device: DeviceCandidate = {
    device: 'cpu',
    description: 'a device that counts',
    async createRuntime() {
      return {
        device: 'cpu',
        failure: undefined,
        async createSession() {
          sessions++;
          throw new Error('a graph reached the engine');
        },
        dispose: async () => undefined,
      };
    },
  };
  return { device, sessions: () => sessions };
}

/** Refused when it is verified, and when it is loaded, before any engine sees a graph of it. */
async function expectRefusal(changed: ReadonlyMap<string, Uint8Array>, message: RegExp): Promise<void> {
  const bundle = memoryBundle(await bundleWith(changed));
  const error = await verifyBundle(bundle).catch((found: unknown) => found);
  expect(error).toBeInstanceOf(BundleError);
  expect((error as Error).message).toMatch(message);
  const { device, sessions } = untouched();
  await expect(loadDetector(bundle, { devices: [device] })).rejects.toThrow(message);
  expect(sessions()).toBe(0);
}

const maps = Object.fromEntries(
  layers.map(({ name, channels, height, width }) => [
    name,
    ['float32', ['batch', channels, height, width]] as const,
  ]),
);
const [height, width] = manifest.configuration.inputSize;

describe('a hostile bundle', () => {
  it.each(hostileGraphs({ inputs: { image: ['uint8', ['batch', 3, height, width]] }, outputs: maps }))(
    'is refused before its backbone runs: $name',
    async ({ bytes, message }) => {
      await expectRefusal(
        new Map([[BUNDLE_FILES.backboneModel, bytes]]),
        new RegExp(`backbone\\.onnx of bundle "test" is refused: [^]*${message.source}`),
      );
    },
  );

  const results = Object.fromEntries([
    ...layers.map((layer) => [
      `log_likelihood.${layer.name}`,
      ['float32', ['batch', 1, layer.height, layer.width]] as const,
    ]),
    ['anomaly_map', ['float32', ['batch', height, width]] as const],
    ['score', ['float32', ['batch']] as const],
  ]);

  it.each(
    hostileGraphs({ inputs: maps, outputs: results }).filter(({ name }) => /Loop|deep|manifest/.test(name)),
  )('is refused before its head runs: $name', async ({ bytes, message }) => {
    await expectRefusal(
      new Map([[BUNDLE_FILES.headModel, bytes]]),
      new RegExp(`head\\.onnx of bundle "test" is refused: [^]*${message.source}`),
    );
  });

  it('is refused when its graphs lie in one another’s weights, or are of another detector', async () => {
    const { backboneModel, headModel, backboneWeights, decoders } = BUNDLE_FILES;
    const swapped = new Map([
      [backboneModel, files.get(headModel) as Uint8Array],
      [headModel, files.get(backboneModel) as Uint8Array],
    ]);
    await expectRefusal(swapped, /backbone\.onnx .*has external data in "decoders\.safetensors"/);
    const weights = new Map([
      [backboneWeights, files.get(decoders) as Uint8Array],
      [decoders, files.get(backboneWeights) as Uint8Array],
    ]);
    await expectRefusal(weights, /no tensor of it lies there/);
    const other = await makeBundle({ backbone: 'mobilenet_v2' });
    const head = new Map([headModel, decoders].map((file) => [file, other.get(file) as Uint8Array]));
    await expectRefusal(head, /head\.onnx .*it takes .*expected was/);
  });
});

describe('a file of weights that lies', () => {
  let header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
  let data: Uint8Array;

  beforeAll(() => {
    const bytes = files.get(BUNDLE_FILES.decoders) as Uint8Array;
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    data = bytes.subarray(8 + length);
  });

  function written(text: string, declared = text.length): Map<string, Uint8Array> {
    const bytes = new Uint8Array(8 + text.length + data.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(declared), true);
    bytes.set(new TextEncoder().encode(text), 8);
    bytes.set(data, 8 + text.length);
    return new Map([[BUNDLE_FILES.decoders, bytes]]);
  }

  type Entry = (typeof header)[string];
  const changed = (change: (first: Entry, second: Entry) => void): string => {
    const copy = structuredClone(header);
    const [first, second] = Object.values(copy).sort((a, b) => a.data_offsets[0] - b.data_offsets[0]);
    change(first as Entry, second as Entry);
    return JSON.stringify(copy);
  };

  it.each<[string, () => Map<string, Uint8Array>, RegExp]>([
    [
      'overlaps',
      () =>
        written(
          changed((a, b) => {
            b.data_offsets = a.data_offsets;
            b.shape = a.shape;
          }),
        ),
      /overlaps another tensor/,
    ],
    [
      'a hole',
      () =>
        written(
          changed((a) => {
            a.shape = [0];
            a.data_offsets = [0, 0];
          }),
        ),
      /unused bytes before it/,
    ],
    [
      'more than the file has',
      () =>
        written(
          changed((a) => {
            a.shape = [2 ** 40];
            a.data_offsets = [0, 2 ** 40 * (a.dtype === 'I64' ? 8 : 4)];
          }),
        ),
      /overlaps another tensor|ends at byte/,
    ],
    [
      'a shape that its bytes do not hold',
      () =>
        written(
          changed((a) => {
            a.shape = [...a.shape, 2];
          }),
        ),
      /takes \d+ bytes, its offsets span/,
    ],
    [
      'more elements than can be counted',
      () =>
        written(
          changed((a) => {
            a.shape = [2 ** 50, 2 ** 50];
          }),
        ),
      /more elements than can be counted/,
    ],
    [
      'a name twice',
      () => written(`{${JSON.stringify(header).slice(1, -1)},${JSON.stringify(header).slice(1, -1)}}`),
      /twice/,
    ],
    [
      'a header of 100 MB',
      () => written(JSON.stringify(header), 100_000_000),
      /declares a header of 100000000 bytes/,
    ],
    [
      'a header of two megabytes',
      () => written(JSON.stringify(header).padEnd(2 ** 21)),
      /declares a header of 2097152 bytes/,
    ],
    ['no tensor at all', () => written('{}'), /bytes follow the last tensor/],
  ])('is refused by name: %s', async (_, make, message) => {
    await expectRefusal(
      make(),
      new RegExp(`decoders\\.safetensors of bundle "test" is refused: .*(${message.source})`),
    );
  });
});

describe('a bundle', () => {
  it('is held against the memory that its host has', async () => {
    const bundle = memoryBundle(files);
    await verifyBundle(bundle, { memoryBytes: 2 ** 30, batches: [64] });
    await expect(verifyBundle(bundle, { memoryBytes: 2 ** 20, batches: [64] })).rejects.toThrow(
      /needs \d+ bytes for 64 images at once, and 1048576 are allowed here/,
    );
  });

  it('is refused when its graphs give other shapes than its manifest says', async () => {
    const wrong = (change: Partial<BundleManifest['layers'][number]>): BundleManifest => ({
      ...manifest,
      layers: manifest.layers.map((layer, i) => (i === 0 ? { ...layer, ...change } : layer)),
    });
    for (const change of [{ channels: 13 }, { height: 9 }, { name: 'layer9' }]) {
      const all = new Map(files);
      await sealBundle(all, wrong(change));
      await expect(verifyBundle(memoryBundle(all))).rejects.toThrow(
        /backbone\.onnx.*is refused.*expected was/,
      );
    }
  });
});
