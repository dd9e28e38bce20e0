import { makeBundle, testImage } from '@cflow/detector/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Asked, Detector, ImageInput, Prediction, PredictOptions } from '../detector.js';
import { AbortedError, ArgumentError, CflowError } from '../errors.js';
import { type LocalDetector, loadDetector } from '../local/index.js';
import { type CreateDetectorOptions, createDetector } from './create-detector.js';

const HERE = {
  inThisThread: true,
  device: 'wasm',
  assets: new URL('../../dist/assets/', import.meta.url),
} as const;

/** A service that computes what it is asked, when and whether the test wants it. */
class Service implements Detector {
  readonly name = 'wood';
  readonly version = 'latest';
  calls = 0;
  delay = 0;
  failure: Error | undefined;
  readonly #computes: Detector;

  constructor(computes: Detector) {
    this.#computes = computes;
  }

  detector(): Detector {
    return this;
  }

  async predict<M extends Asked, O extends Asked, R extends Asked>(
    image: ImageInput,
    options?: PredictOptions<M, O, R>,
  ): Promise<Prediction<M, O, R>> {
    return (await this.predictBatch([image], options))[0]!;
  }

  async predictBatch<M extends Asked, O extends Asked, R extends Asked>(
    images: readonly ImageInput[],
    options: PredictOptions<M, O, R> = {},
  ): Promise<Prediction<M, O, R>[]> {
    this.calls++;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, this.delay);
      options.signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(new AbortedError('aborted'));
      });
    });
    if (this.failure) throw this.failure;
    const found = await this.#computes.predictBatch(images, options);
    return found.map((each) => ({ ...each, where: 'remote' as const }));
  }

  async dispose(): Promise<void> {}
}

describe('createDetector', () => {
  let files: Map<string, Uint8Array>;
  let computes: LocalDetector;
  const image = testImage(1);

  beforeAll(async () => {
    files = await makeBundle();
    computes = await loadDetector({ files }, HERE);
  });
  afterAll(() => computes.dispose());

  function create(
    service: Service,
    options: Partial<CreateDetectorOptions> & Pick<CreateDetectorOptions, 'prefer'>,
  ) {
    return createDetector({
      remote: { client: service, name: 'wood' },
      local: { ...HERE, bundle: { files } },
      ...options,
    });
  }

  it('asks the one that is preferred, with the same numbers', async () => {
    const service = new Service(computes);
    const local = await create(service, { prefer: 'local' });
    const remote = await create(service, { prefer: 'remote' });
    const [here, there] = [await local.predict(image), await remote.predict(image)];
    expect([here.where, there.where, service.calls]).toEqual(['local', 'remote', 1]);
    expect(there.score).toBe(here.score);
    expect(here.notUsed).toEqual({ where: 'remote', reason: 'local is preferred' });
    expect(local.version).toMatch(/^[0-9a-f]{64}$/);
    await local.dispose();
    await remote.dispose();
    await expect(local.predict(image)).rejects.toThrow(ArgumentError);
  });

  it('asks the service when the bundle cannot be loaded, and says why', async () => {
    const broken = new Map([...files].filter(([name]) => name !== 'head.onnx'));
    const local = { ...HERE, bundle: { files: broken } };
    const detector = await create(new Service(computes), { prefer: 'local', local });
    const { where, notUsed } = await detector.predict(image);
    expect([where, notUsed]).toEqual([
      'remote',
      { where: 'local', reason: expect.stringContaining('head.onnx') },
    ]);
    await detector.dispose();
  });

  it('loads the bundle when the service fails, leaves the service alone for a while, reads streams once', async () => {
    const service = new Service(computes);
    service.failure = new CflowError('unavailable', 'the service is down', { retryable: true });
    const detector = await create(service, { prefer: 'remote' });
    const bmp = new Blob([bitmapFile() as Uint8Array<ArrayBuffer>]).stream();
    const { where, notUsed } = await detector.predict(bmp);
    expect([where, notUsed]).toEqual(['local', { where: 'remote', reason: 'the service is down' }]);
    await detector.predict(image);
    expect(service.calls).toBe(1);
    await detector.dispose();
  });

  it('does not ask the other one about what is wrong in both', async () => {
    const service = new Service(computes);
    const detector = await create(service, { prefer: 'local' });
    await expect(detector.predict(new Uint8Array(9))).rejects.toMatchObject({ code: 'image' });
    expect(service.calls).toBe(0);
    await detector.dispose();
  });

  it('says what both said when neither can answer', async () => {
    const service = new Service(computes);
    service.failure = new CflowError('unavailable', 'the service is down', { retryable: true });
    const local = { ...HERE, bundle: { files: new Map<string, Blob>() } };
    const detector = await create(service, { prefer: 'remote', local });
    await expect(detector.predict(image)).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
      details: { reasons: ['the service is down', expect.stringContaining('manifest.json')] },
    });
    await detector.dispose();
  });

  it('asks the other one too when the budget is spent, and stops the slow one', async () => {
    const service = new Service(computes);
    service.delay = 60_000;
    const detector = await create(service, { prefer: 'remote', budget: 20 });
    const { where, notUsed } = await detector.predict(image);
    expect([where, notUsed.reason]).toEqual(['local', 'took longer than 20 ms per image']);
    await detector.dispose();
  });

  it.each([
    [60_000, 'local'],
    [0, 'remote'],
  ])('keeps the faster one: with a service that takes %i ms, %s', async (delay, faster) => {
    const service = new Service(computes);
    service.delay = faster === 'local' ? 2000 : delay;
    // A service without work of its own is faster than any detector.
    if (faster === 'remote') {
      const known = await computes.predictBatch([image]);
      const answer = known.map((each) => ({ ...each, where: 'remote' as const }));
      service.predictBatch = async () => answer as never;
    }
    const detector = await create(service, { prefer: 'fastest' });
    await expect
      .poll(async () => (await detector.predict(image)) && detector.chosen, { timeout: 20_000 })
      .toBe(faster);
    const { where, notUsed } = await detector.predict(image);
    expect(where).toBe(faster);
    expect(notUsed.reason).toMatch(/^it was slower: \d+ ms to \d+ ms$/);
    await detector.dispose();
  });

  it('passes the signal on', async () => {
    const detector = await create(new Service(computes), { prefer: 'local' });
    const signal = AbortSignal.abort();
    await expect(detector.predict(image, { signal })).rejects.toThrow(AbortedError);
    await detector.dispose();
  });

  it('refuses options that cannot work', async () => {
    await expect(create(new Service(computes), { prefer: 'best' as never })).rejects.toThrow(ArgumentError);
    await expect(create(new Service(computes), { prefer: 'local', budget: 0 })).rejects.toThrow(
      ArgumentError,
    );
  });
});

/** 2 x 2 pixels as a BMP file. */
function bitmapFile(): Uint8Array {
  const bytes = new Uint8Array(54 + 16).fill(99, 54);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, 54, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, 2, true);
  view.setInt32(22, 2, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  return bytes;
}
