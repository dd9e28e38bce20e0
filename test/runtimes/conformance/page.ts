// Runs in the page: the conformance suite of @cflow/runtime on wasm and WebGPU, and what only a browser can show.
import { selectDevice, testDevice } from '@cflow/runtime';
import { describeRuntime } from '@cflow/runtime/conformance';
import { createWebRuntime, webDevices } from '@cflow/runtime/web';
import * as wasm from 'onnxruntime-web/wasm';
import * as webgpu from 'onnxruntime-web/webgpu';
import { describe, expect, it } from 'vitest';
import { runTests } from './vitest-in-browser.js';

for (const { env } of [wasm, webgpu]) env.wasm.wasmPaths = '/ort/';

const devices = webDevices({ load: async (device) => (device === 'webgpu' ? webgpu : wasm) });

/** The devices that are made from here on, so that a test can take one away. */
const made: { destroy(): void }[] = [];
interface AdapterPrototype {
  requestDevice(this: unknown, ...rest: unknown[]): Promise<{ destroy(): void }>;
}
const { prototype } = (globalThis as unknown as { GPUAdapter: { prototype: AdapterPrototype } }).GPUAdapter;
const { requestDevice } = prototype;
prototype.requestDevice = async function (...rest) {
  const device = await requestDevice.apply(this, rest);
  made.push(device);
  return device;
};

describeRuntime('wasm in a page', {
  create: () => createWebRuntime({ ort: wasm, device: 'wasm' }),
  offThread: false,
  largeTensorBytes: 2 ** 20,
});
describeRuntime('webgpu in a page', {
  create: () => createWebRuntime({ ort: webgpu, device: 'webgpu' }),
  offThread: false,
  largeTensorBytes: 2 ** 20,
});

describe('the devices of a browser', () => {
  it('both pass the test of a device', async () => {
    const reports = [];
    for (const device of devices) reports.push(await testDevice(device));
    expect(reports.map(({ device, available }) => [device, available])).toEqual([
      ['webgpu', true],
      ['wasm', true],
    ]);
  });

  it('auto passes by an adapter that is software, with the reason', async () => {
    const { device, refused } = await selectDevice('auto', devices, async () => 'tried');
    expect(device).toBe('wasm');
    expect(refused).toEqual([{ device: 'webgpu', reason: expect.stringMatching(/adapter is software/) }]);
  });

  it('a lost device rejects what is under way, may be retried, and a new runtime works', async () => {
    const { Graph, op, writeModel } = await import('@cflow/onnx');
    const graph = new Graph('double');
    const x = graph.input('x', 'float32', [2]);
    graph.output('y', op.Add(x, x));
    const model = writeModel(graph);
    const feeds = { x: { type: 'float32', dims: [2], data: Float32Array.of(1, 2) } } as const;
    const reasons: string[] = [];
    const first = createWebRuntime({
      ort: webgpu,
      device: 'webgpu',
      onDeviceLost: (why) => reasons.push(why),
    });
    const session = await first.createSession({ model });
    expect((await session.run(feeds)).y?.data).toEqual(Float32Array.of(2, 4));
    made.at(-1)?.destroy();
    const error = await session.run(feeds).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'device', retryable: true });
    expect(String(error)).toMatch(/WebGPU device was lost/);
    expect(first.failure).toBe(error);
    expect(reasons).toEqual([expect.stringMatching(/WebGPU device was lost/)]);
    await first.dispose();
    const second = createWebRuntime({ ort: webgpu, device: 'webgpu' });
    const again = await second.createSession({ model });
    expect((await again.run(feeds)).y?.data).toEqual(Float32Array.of(2, 4));
    await second.dispose();
  });
});

Object.assign(globalThis, { runTests });
