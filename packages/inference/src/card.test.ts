import { asCard, makeBundle, testImage } from '@cflow/detector/testing';
import type { DeviceCandidate } from '@cflow/runtime';
import { nodeDevices } from '@cflow/runtime/node';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { InferenceObserver } from './observer.js';
import { inferenceForEachTest } from './testing/inference-for-each-test.js';
import { MemoryRegistry } from './testing/memory-registry.js';
import { request } from './testing/requests.js';

const registry = new MemoryRegistry();
const start = inferenceForEachTest();
const NAMES = ['wood', 'steel', 'glass'];
let cpu: DeviceCandidate;

beforeAll(async () => {
  cpu = (await nodeDevices({ threads: 1 })).find(({ device }) => device === 'cpu') as DeviceCandidate;
  for (const [seed, name] of NAMES.entries()) registry.add(name, await makeBundle({ name, seed }), 'latest');
});

const pixels = (seed: number) => ({ pixels: testImage(seed) });

/** A card of which each detector takes so much. */
function cardWith(totalBytes: number, detectorBytes: number) {
  let open = 0;
  const card = asCard(cpu);
  const candidate: DeviceCandidate = {
    ...card,
    async createRuntime() {
      const runtime = await card.createRuntime();
      return {
        ...runtime,
        async createSession(source, options) {
          const session = await runtime.createSession(source, options);
          open++;
          return {
            ...session,
            dispose: async () => {
              open--;
              await session.dispose();
            },
          };
        },
      };
    },
  };
  const deviceMemory = async () => ({ totalBytes, freeBytes: totalBytes - open * detectorBytes });
  return { devices: [candidate], device: 'cuda' as const, deviceMemory, batchSizes: [1, 2] };
}

describe('detectors on a card', () => {
  it('are scored as elsewhere, whichever of them share a backbone', async () => {
    const images = [pixels(1), pixels(2), pixels(3)];
    const here = start(registry, { devices: [cpu], device: 'cpu' });
    const expected = await here.predict(request(images, ['wood', 'steel']));
    await here.close();
    const there = start(registry, cardWith(1e9, 1e6));
    const found = await there.predict(request(images, ['wood', 'steel']));
    expect(found.map(({ detector }) => detector.device)).toEqual(Array(6).fill('cuda'));
    found.forEach(({ score }, i) => {
      expect(score).toBeCloseTo(expected[i]?.score as number, 5);
    });
  });

  it('take what they were seen to take, and go when the card has no room for another', async () => {
    const evicted = vi.fn<NonNullable<InferenceObserver['evicted']>>();
    // Of 85 MB that detectors may take.
    const service = start(registry, { ...cardWith(1e8, 4e7), observer: { evicted } });
    for (const name of NAMES.slice(0, 2)) await service.predict(request([pixels(1)], [name]));
    expect(service.status().detectors.map(({ bytes }) => bytes)).toEqual([4e7, 4e7]);
    expect(evicted).not.toHaveBeenCalled();
    await service.predict(request([pixels(1)], ['glass']));
    expect(service.status().detectors.map(({ name }) => name)).toEqual(['steel', 'glass']);
    // What is known of it decides when it comes again.
    await service.predict(request([pixels(1)], ['wood']));
    expect(service.status().detectors.map(({ name }) => name)).toEqual(['glass', 'wood']);
  });

  it('find no room on a card that others have filled', async () => {
    const full = { ...cardWith(1e9, 1e6), deviceMemory: async () => ({ totalBytes: 1e9, freeBytes: 1e3 }) };
    const service = start(registry, full);
    await expect(service.predict(request([pixels(1)], ['wood']))).rejects.toThrow(
      /does not fit into memory: \d+ bytes are missing/,
    );
  });
});
