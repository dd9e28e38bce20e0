import { asCard, makeBundle, testImage, withThroughput } from '@cflow/detector/testing';
import { tf32Model } from '@cflow/onnx/testing';
import type { DeviceCandidate } from '@cflow/runtime';
import { nodeDevices } from '@cflow/runtime/node';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { inferenceForEachTest } from './testing/inference-for-each-test.js';
import { MemoryRegistry } from './testing/memory-registry.js';
import { request } from './testing/requests.js';

const registry = new MemoryRegistry();
const start = inferenceForEachTest();
const images = [{ pixels: testImage(1) }];
let rounding: DeviceCandidate;

beforeAll(async () => {
  const cpu = (await nodeDevices({ threads: 1 })).find(({ device }) => device === 'cpu') as DeviceCandidate;
  rounding = asCard(cpu, { model: ({ model }) => tf32Model(model as Uint8Array) });
  const plain = await makeBundle({ name: 'plain' });
  registry.add('plain', plain, 'latest');
  registry.add('both', await withThroughput(plain, { score: 1.25 }), 'latest');
});
afterEach(() => vi.unstubAllEnvs());

describe('a service on a card that rounds', () => {
  it('refuses it unless throughput is asked for', async () => {
    const exact = start(registry, { devices: [rounding], device: 'cuda' });
    await expect(exact.predict(request(images, ['both']))).rejects.toThrow(/golden probe failed/);
  });

  it('scores in the mode throughput by the calibration of that mode, and says so in each answer', async () => {
    vi.stubEnv('CFLOW_PRECISION_MODE', 'throughput');
    const inference = start(registry, { devices: [rounding], device: 'cuda' });
    const [found] = await inference.predict(request(images, ['both']));
    expect(found).toMatchObject({ precisionMode: 'throughput', threshold: 1.25 });
    await expect(inference.predict(request(images, ['plain']))).rejects.toThrow(/not calibrated for/);
  });
});
