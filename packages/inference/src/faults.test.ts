import { makeBundle, testImage } from '@cflow/detector/testing';
import { BUNDLE_FILES } from '@cflow/spec';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { InferenceObserver } from './observer.js';
import { inferenceForEachTest, oneDetector } from './testing/inference-for-each-test.js';
import { MemoryRegistry } from './testing/memory-registry.js';
import { request } from './testing/requests.js';

const bundles: Map<string, Uint8Array>[] = [];
const start = inferenceForEachTest();

beforeAll(async () => {
  for (const seed of [0, 1, 2]) bundles.push(await makeBundle({ name: `seed ${seed}`, seed }));
});

const bundle = (index: number): Map<string, Uint8Array> => bundles[index] as Map<string, Uint8Array>;
const pixels = (seed: number) => ({ pixels: testImage(seed) });

describe('the queue', () => {
  it('is full at once, says when to come again, and takes more when there is room', async () => {
    const service = start(oneDetector(bundle(0)), { capacity: 4 });
    const running = service.predict(request([pixels(1), pixels(2), pixels(3)], ['wood']));
    expect(service.status().queue).toEqual({ length: 3, capacity: 4 });
    const undecodable = { encoded: new Uint8Array(1) };
    // Refused before anything was decoded: it is not an image at all.
    await expect(service.predict(request([undecodable, undecodable], ['wood']))).rejects.toMatchObject({
      code: 'queue-full',
      retryable: true,
      retryAfterSeconds: expect.any(Number),
    });
    expect(service.status().queue.length).toBe(3);
    await running;
    await expect(service.predict(request([pixels(1), pixels(2)], ['wood']))).resolves.toHaveLength(2);
    await expect(service.predict(request(Array(5).fill(pixels(1)), ['wood']))).rejects.toMatchObject({
      code: 'configuration',
    });
  });

  it('has room again as soon as a request is aborted, and does not score it', async () => {
    const batch = vi.fn<NonNullable<InferenceObserver['batch']>>();
    const service = start(oneDetector(bundle(0)), { capacity: 2, observer: { batch }, maxWaitMs: 60_000 });
    await service.load('wood', 'latest');
    const abort = new AbortController();
    const waiting = service.predict(request([pixels(1), pixels(2)], ['wood'], { signal: abort.signal }));
    const outcome = waiting.catch((error: unknown) => error);
    // Long enough to be in the queue, where it waits for others.
    await vi.waitFor(() => expect(service.status().queue.length).toBe(2));
    await new Promise((resolve) => setTimeout(resolve, 500));
    abort.abort(new Error('the client is gone'));
    expect(await outcome).toMatchObject({ message: 'the client is gone' });
    expect(service.status().queue.length).toBe(0);
    expect(batch).not.toHaveBeenCalled();
  });

  it('ends a request whose time is over with a retryable error', async () => {
    const service = start(oneDetector(bundle(0)), { maxWaitMs: 60_000 });
    const signal = AbortSignal.timeout(400);
    await expect(service.predict(request([pixels(1)], ['wood'], { signal }))).rejects.toMatchObject({
      code: 'timeout',
      retryable: true,
    });
    expect(service.status().queue.length).toBe(0);
  });

  it('drains on close, and refuses what comes after', async () => {
    const service = start(oneDetector(bundle(0)));
    const accepted = Array.from({ length: 6 }, (_, i) =>
      service.predict(request([pixels(i), pixels(i + 1)], ['wood'])),
    );
    const closed = service.close();
    const late = service.predict(request([pixels(1)], ['wood']));
    await expect(late).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    for (const results of await Promise.all(accepted)) expect(results).toHaveLength(2);
    await closed;
    expect(service.status().detectors).toEqual([]);
  });
});

describe('an alias that moves under load', () => {
  it('fails no request, and every result is of the version that it names', async () => {
    const registry = new MemoryRegistry();
    const versions = [0, 1].map((i) => registry.add('wood', bundle(i)));
    registry.aliases.set('wood@latest', versions[0] as string);
    const service = start(registry, { aliasFreshMs: 5 });
    const scores = new Map<string, number>();
    for (const version of versions) {
      const [result] = await service.predict(request([pixels(1)], [`wood@${version}`]));
      scores.set(version, result?.score as number);
    }
    await service.close();

    const swapping = start(registry, { aliasFreshMs: 5 });
    const seen = new Set<string>();
    let done = 0;
    const client = async (): Promise<void> => {
      while (done < 400) {
        const [result] = await swapping.predict(request([pixels(1)], ['wood']));
        const version = result?.detector.version as string;
        seen.add(version);
        expect(result?.score).toBeCloseTo(scores.get(version) as number, 6);
        if (++done % 40 === 0) registry.aliases.set('wood@latest', versions[(done / 40) % 2] as string);
      }
    };
    await Promise.all(Array.from({ length: 8 }, client));
    expect(seen.size).toBe(2);
    registry.aliases.set('wood@latest', versions[1] as string);
    await vi.waitFor(async () => {
      const [result] = await swapping.predict(request([pixels(1)], ['wood']));
      expect(result?.detector.version).toBe(versions[1]);
    });
  });

  it('keeps to the old version when the new one is damaged, and while the storage is away', async () => {
    const registry = oneDetector(bundle(0));
    const old = await registry.resolve('wood', 'latest');
    const swapFailed = vi.fn<NonNullable<InferenceObserver['swapFailed']>>();
    const service = start(registry, { aliasFreshMs: 5, observer: { swapFailed } });
    await service.load('wood', 'latest');
    const damaged = new Map(bundle(1));
    const weights = Uint8Array.from(damaged.get(BUNDLE_FILES.decoders) as Uint8Array);
    weights[weights.length - 1] = (weights.at(-1) as number) ^ 1;
    damaged.set(BUNDLE_FILES.decoders, weights);
    const version = registry.add('wood', damaged, 'latest');
    await vi.waitFor(() => expect(swapFailed).toHaveBeenCalled());
    expect(swapFailed).toHaveBeenCalledWith(
      expect.objectContaining({ version, error: expect.objectContaining({ code: 'bundle' }) }),
    );
    registry.down = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
    const [result] = await service.predict(request([pixels(1)], ['wood']));
    expect(result?.detector.version).toBe(old);
  });
});

describe('memory', () => {
  it('lets the least recently used go, keeps what is pinned, and counts a shared backbone once', async () => {
    const registry = new MemoryRegistry();
    for (const i of [0, 1, 2]) registry.add(`d${i}`, bundle(i), 'latest');
    const evicted: string[] = [];
    const unlimited = start(registry);
    const { bytes, manifest } = await unlimited.load('d0', 'latest');
    await unlimited.close();
    const weights = (file: string): number => manifest.files[file]?.bytes ?? 0;
    const [head, backbone] = [weights(BUNDLE_FILES.decoders), weights(BUNDLE_FILES.backboneWeights)];
    const factor = bytes / (head + backbone);
    // Room for two heads and one backbone.
    const service = start(registry, {
      memoryBytes: factor * (2.5 * head + backbone),
      observer: { evicted: ({ name }) => evicted.push(name) },
    });
    await service.load('d0', 'latest');
    for (const name of ['d1', 'd2', 'd1']) {
      await expect(service.predict(request([pixels(1)], [name]))).resolves.toHaveLength(1);
    }
    expect(evicted).toEqual(['d1', 'd2']);
    expect(
      service
        .status()
        .detectors.map(({ name }) => name)
        .sort(),
    ).toEqual(['d0', 'd1']);
    await service.load('d1', 'latest');
    await expect(service.load('d2', 'latest')).rejects.toMatchObject({
      code: 'unavailable',
      retryable: false,
    });
  });

  it('loads a detector once, however many ask for it', async () => {
    const registry = oneDetector(bundle(0));
    const service = start(registry);
    await Promise.all(Array.from({ length: 10 }, () => service.predict(request([pixels(1)], ['wood']))));
    expect(registry.opened).toHaveLength(1);
  });
});
