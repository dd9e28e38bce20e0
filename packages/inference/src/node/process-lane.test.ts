import { readFileSync } from 'node:fs';
import { makeBundle, testImage } from '@cflow/detector/testing';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { InferenceObserver } from '../observer.js';
import { inferenceForEachTest, oneDetector } from '../testing/inference-for-each-test.js';
import { MemoryRegistry } from '../testing/memory-registry.js';
import { options, request } from '../testing/requests.js';

const bundles: Map<string, Uint8Array>[] = [];
const start = inferenceForEachTest();
const pixels = (seed: number) => ({ pixels: testImage(seed) });

beforeAll(async () => {
  for (const seed of [0, 1]) bundles.push(await makeBundle({ name: `seed ${seed}`, seed }));
});

/** Processes that this one has started and that live, as Linux tells. */
function children(): number[] {
  const text = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

function lanesOf(before: readonly number[]): number[] {
  return children().filter((pid) => {
    if (before.includes(pid)) return false;
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('lane-process');
  });
}

function numbersOf(map: { data: string } | undefined): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(map?.data ?? '', 'base64')).buffer);
}

describe.skipIf(process.platform !== 'linux')('a lane in a process of its own', () => {
  it('scores as a thread does, alone and with several heads, and ends with the service', async () => {
    const registry = new MemoryRegistry();
    for (const [index, bundle] of bundles.entries()) registry.add(`d${index}`, bundle, 'latest');
    const images = [pixels(1), pixels(2), pixels(3)];
    const ask = request(images, ['d0', 'd1'], { options: options({ map: 'f32' }) });
    const before = children();
    const threads = start(registry, { isolation: 'thread' });
    const expected = await threads.predict(ask);
    expect(lanesOf(before)).toHaveLength(0);
    await threads.close();
    const processes = start(registry);
    const results = await processes.predict(ask);
    expect(lanesOf(before)).toHaveLength(1);
    for (const [index, { score, map }] of results.entries()) {
      expect(score).toBeCloseTo(expected[index]?.score as number, 6);
      const [own, other] = [map, expected[index]?.map].map(numbersOf) as [Float32Array, Float32Array];
      expect(own.length).toBe(other.length);
      expect(own.every((value, i) => Math.abs(value - other[i]!) < 1e-4)).toBe(true);
    }
    await processes.close();
    expect(lanesOf(before)).toHaveLength(0);
  });

  it('starts before anybody asks where a detector loads soon, is the one that scores, and ends unused as well', async () => {
    const registry = new MemoryRegistry();
    registry.add('d0', bundles[0] as Map<string, Uint8Array>, 'latest');
    const before = children();
    const used = start(registry, { loadsSoon: true });
    const started = lanesOf(before);
    expect(started).toHaveLength(1);
    await used.predict(request([pixels(1)], ['d0']));
    expect(lanesOf(before)).toEqual(started);
    await used.close();
    const unused = start(registry, { loadsSoon: true });
    expect(lanesOf(before)).toHaveLength(1);
    await unused.close();
    await vi.waitFor(() => expect(lanesOf(before)).toHaveLength(0), { timeout: 20_000 });
  });

  it('that is killed, as where memory runs out, costs no request anything but time', async () => {
    const threadReplaced = vi.fn<NonNullable<InferenceObserver['threadReplaced']>>();
    const before = children();
    const service = start(oneDetector(bundles[0] as Map<string, Uint8Array>), {
      observer: { threadReplaced },
    });
    const [expected] = await service.predict(request([pixels(1)], ['wood']));
    const [lane] = lanesOf(before);
    const results = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        if (i === 10) process.kill(lane as number, 'SIGKILL');
        return service.predict(request([pixels(1)], ['wood']));
      }),
    );
    for (const [result] of results) expect(result?.score).toBe(expected?.score);
    expect(threadReplaced).toHaveBeenCalledTimes(1);
    expect(String(threadReplaced.mock.calls[0]?.[0].reason)).toMatch(/SIGKILL/);
  });

  it('that hangs is killed and replaced, and nothing of it is left', async () => {
    const overran = vi.fn<NonNullable<InferenceObserver['overran']>>();
    const before = children();
    const service = start(oneDetector(bundles[0] as Map<string, Uint8Array>), {
      runTimeoutMs: 1500,
      observer: { overran },
    });
    await service.predict(request([pixels(1)], ['wood']));
    const [lane] = lanesOf(before);
    process.kill(lane as number, 'SIGSTOP');
    const hung = service.predict(request([pixels(1)], ['wood']));
    await expect(hung).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    expect(overran).toHaveBeenCalledTimes(1);
    await expect(service.predict(request([pixels(1)], ['wood']))).resolves.toHaveLength(1);
    expect(lanesOf(before)).not.toContain(lane);
    expect(service.status().health).toMatchObject({ state: 'well', abandoned: 0 });
  });

  it('refuses a damaged bundle as a thread does', async () => {
    const damaged = new Map(bundles[0]);
    const registry = new MemoryRegistry();
    registry.add('good', bundles[1] as Map<string, Uint8Array>, 'latest');
    const head = Uint8Array.from(damaged.get('head.onnx') as Uint8Array).fill(7);
    damaged.set('head.onnx', head);
    registry.add('bad', damaged, 'latest');
    const service = start(registry);
    await expect(service.predict(request([pixels(1)], ['bad']))).rejects.toMatchObject({ code: 'bundle' });
    await expect(service.predict(request([pixels(1)], ['good']))).resolves.toHaveLength(1);
  });
});
