// The parts of a service around one real detector that is small and quick: enough of a registry for what reads it, and
// an inference that scores at once, without threads and batches.
import { type Detector, loadDetector, parseManifest, sha256Hex } from '@cflow/detector';
import { makeBundle, memoryBundle } from '@cflow/detector/testing';
import { decodeImage } from '@cflow/images/node';
import { type Inference, type InferenceResult, type InputImage, WELL } from '@cflow/inference';
import { nodeDevices } from '@cflow/runtime/node';
import { BUNDLE_FILES, CflowError, type RgbImage } from '@cflow/spec';
import type { Registry } from '@cflow/store';
import { afterAll } from 'vitest';
import type { AppParts } from '../../app/parts.js';
import type { Readiness } from '../../app/readiness.js';

export interface TestService {
  parts: AppParts;
  detector: Detector;
  version: string;
}

/** A service with the detector `wood`, whose version has the aliases `latest` and `production`. */
export async function testService(changes: Partial<AppParts> = {}): Promise<TestService> {
  const files = await makeBundle({ name: 'wood' });
  const manifestFile = files.get(BUNDLE_FILES.manifest) as Uint8Array;
  const version = await sha256Hex(manifestFile);
  const devices = (await nodeDevices({ threads: 1 })).filter(({ device }) => device === 'cpu');
  const detector = await loadDetector(memoryBundle(files), { devices });
  afterAll(() => detector.dispose());
  const manifest = await parseManifest(manifestFile, 'wood');
  const summary = {
    name: 'wood',
    version,
    createdAt: manifest.createdAt,
    aliases: ['latest', 'production'],
    bytes: 1,
  };
  const aliases = { latest: version, production: version };
  const known = (name: string): void => {
    if (name !== 'wood') throw notFound(`there is no detector "${name}"`);
  };
  const registry = {
    name: 'test',
    async listDetectors() {
      return { detectors: [{ name: 'wood', aliases }], next: null };
    },
    async listVersions(name: string) {
      known(name);
      return { versions: [summary], next: null };
    },
    async aliases(name: string) {
      known(name);
      return aliases;
    },
    async resolve(name: string, reference: string) {
      known(name);
      if (summary.aliases.includes(reference) || version.startsWith(reference)) return version;
      throw notFound(`there is no version "${reference}" of "${name}"`);
    },
    async version(name: string) {
      known(name);
      return { ...summary, manifest };
    },
  };
  const loaded = { name: 'wood', version, device: detector.device, refused: [], manifest, bytes: 1000 };
  const inference: Inference = {
    async predict({ images, detectors, options, signal }) {
      const results: InferenceResult[] = [];
      for (const [index, { image }] of images.entries()) {
        for (const { name, reference } of detectors) {
          await registry.resolve(name, reference);
          const pixels = await pixelsOf(image);
          const { map, ...prediction } = await detector.predict(pixels, { ...options, signal });
          const { width, height } = map;
          results.push({
            ...prediction,
            image: index,
            detector: { name, version, device: detector.device },
            original: { width: pixels.width, height: pixels.height },
            mapSize: { width, height },
            ...(options.map === 'f32' && {
              map: {
                format: 'f32',
                width,
                height,
                data: Buffer.from(map.data.buffer, map.data.byteOffset, map.data.byteLength).toString(
                  'base64',
                ),
              },
            }),
          });
        }
      }
      return results;
    },
    load: async () => loaded,
    status: () => ({
      queue: { length: 0, capacity: 64 },
      detectors: [loaded],
      device: detector.device,
      health: WELL,
    }),
    close: async () => {},
  };
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const parts: AppParts = {
    version: '0.1.0',
    // What only writes is not asked for here.
    registry: registry as unknown as Registry,
    inference,
    secret: new Uint8Array(32).fill(7),
    limits: {
      bodyBytes: 1_000_000,
      uploadBytes: 1_000_000,
      requestTimeoutMs: 30_000,
      bodyTimeoutMs: 10_000,
      rate: null,
    },
    readiness: { state: 'ready', detail: 'ready' },
    now: () => Date.now(),
    logger: silent,
    corsOrigins: [],
    defaultDetector: { name: 'wood', reference: 'latest' },
    ...changes,
  };
  return { parts, detector, version };
}

export const starting: Readiness = { state: 'starting', detail: 'loading wood (1 of 1)' };

async function pixelsOf(image: InputImage): Promise<RgbImage> {
  if ('pixels' in image) return image.pixels;
  if ('encoded' in image) return decodeImage(image.encoded);
  const { width, height, data: planes } = image.planes;
  const plane = width * height;
  const data = Uint8Array.from({ length: 3 * plane }, (_, i) => planes[(i % 3) * plane + Math.floor(i / 3)]!);
  return { width, height, data };
}

function notFound(message: string): Error {
  return Object.assign(new CflowError('store', message), { code: 'not-found' });
}
