import type { Tensor } from '@cflow/onnx';
import type { DeviceCandidate } from '@cflow/runtime';
import { nodeDevices } from '@cflow/runtime/node';
import { type Device, DeviceError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { changedOutputs } from '../testing/changed-outputs.js';
import { openTrainingDevice } from './training-device.js';

const cpu = (await nodeDevices()).find(({ device }) => device === 'cpu') as DeviceCandidate;

/** The CPU under another name, with every number of floating point off by a hundredth. */
function wrong(device: Device): DeviceCandidate {
  const moved = (outputs: Record<string, Tensor>): Record<string, Tensor> =>
    Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [
        name,
        tensor.type === 'float32' ? off(tensor) : tensor,
      ]),
    );
  return {
    device,
    description: 'a device that is wrong',
    createRuntime: async () => changedOutputs(await cpu.createRuntime(), moved, device),
  };
}

const off = (tensor: Tensor): Tensor =>
  ({ ...tensor, data: (tensor.data as Float32Array).map((value) => value + 1e-2) }) as Tensor;

describe('openTrainingDevice', () => {
  it('takes the first device that computes rightly, and says why it passed the others by', async () => {
    const { device, refused, threads, createRuntime } = await openTrainingDevice(
      'auto',
      [wrong('cuda'), cpu],
      3,
    );
    expect([device, threads]).toEqual(['cpu', 3]);
    expect(refused).toEqual([{ device: 'cuda', reason: expect.stringContaining('gives wrong numbers') }]);
    const runtime = await createRuntime();
    expect(runtime.device).toBe('cpu');
    await runtime.dispose();
  });

  it('refuses a named device rather than taking another', async () => {
    const error = await openTrainingDevice('cuda', [wrong('cuda'), cpu], 1).catch((found: unknown) => found);
    expect(error).toBeInstanceOf(DeviceError);
    expect((error as DeviceError).attempts.map(({ device }) => device)).toEqual(['cuda']);
    expect((error as Error).message).toMatch(/gives wrong numbers/);
    await expect(openTrainingDevice('wasm', [cpu], 1)).rejects.toThrow(DeviceError);
  });

  it('lists every device when none is right', async () => {
    const error = await openTrainingDevice('auto', [wrong('cuda'), wrong('cpu')], 1).catch(
      (found: unknown) => found,
    );
    expect((error as DeviceError).attempts.map(({ device }) => device)).toEqual(['cuda', 'cpu']);
  });
});
