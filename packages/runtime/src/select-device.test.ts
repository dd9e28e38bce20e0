import { BundleError, DeviceError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import type { DeviceCandidate } from './device-candidate.js';
import { selectDevice } from './select-device.js';

const row = (device: DeviceCandidate['device'], more: Partial<DeviceCandidate> = {}): DeviceCandidate => ({
  device,
  description: device,
  createRuntime: () => Promise.reject(new Error('not asked for here')),
  ...more,
});
const table = [
  row('cuda', { unavailable: async () => 'no card' }),
  row('webgpu', { unattractive: async () => 'software only' }),
  row('cpu'),
];

describe('selecting a device', () => {
  it('auto takes the first that works and tells why the others were refused', async () => {
    const selected = await selectDevice('auto', table, async ({ device }) => device);
    expect(selected).toEqual({
      device: 'cpu',
      result: 'cpu',
      refused: [
        { device: 'cuda', reason: 'no card' },
        { device: 'webgpu', reason: 'software only' },
      ],
    });
  });

  it('a named device is taken even where auto would pass it by', async () => {
    const selected = await selectDevice('webgpu', table, async ({ device }) => device);
    expect(selected).toEqual({ device: 'webgpu', result: 'webgpu', refused: [] });
  });

  it('a named device is refused with its reason, and no other is tried', async () => {
    const tried: string[] = [];
    const attempt = async ({ device }: DeviceCandidate): Promise<never> => {
      tried.push(device);
      throw new DeviceError('it broke', [{ device, reason: 'driver too old' }]);
    };
    const error = (await selectDevice('webgpu', table, attempt).catch((thrown) => thrown)) as DeviceError;
    expect(error).toBeInstanceOf(DeviceError);
    expect(error.attempts).toEqual([{ device: 'webgpu', reason: 'driver too old' }]);
    expect(error.message).toMatch(/webgpu cannot run the model\n {2}webgpu: driver too old/);
    expect(tried).toEqual(['webgpu']);
    await expect(selectDevice('cuda', table, attempt)).rejects.toThrow(/cuda: no card/);
    expect(tried).toEqual(['webgpu']);
  });

  it('a device that the host does not know is refused with those that it knows', async () => {
    const selection = selectDevice('wasm', table, async () => undefined);
    await expect(selection).rejects.toThrow(/knows: cuda, webgpu, cpu/);
  });

  it('an error that is not about the device is not a reason to try the next one', async () => {
    const tried: string[] = [];
    const damaged = new BundleError('the model is damaged');
    const selection = selectDevice('auto', [row('cuda'), row('cpu')], async ({ device }) => {
      tried.push(device);
      throw damaged;
    });
    await expect(selection).rejects.toBe(damaged);
    expect(tried).toEqual(['cuda']);
  });

  it('any other error is a reason, in one line', async () => {
    const selection = selectDevice('auto', [row('cuda'), row('cpu')], async ({ device }) => {
      throw new Error(`/onnxruntime_src/x.cc:12 Lost\n  the ${device}`);
    });
    const error = (await selection.catch((thrown) => thrown)) as DeviceError;
    expect(error.attempts).toEqual([
      { device: 'cuda', reason: 'the cuda' },
      { device: 'cpu', reason: 'the cpu' },
    ]);
  });
});
