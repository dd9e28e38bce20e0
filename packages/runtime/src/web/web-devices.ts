import { type Device, DeviceError } from '@cflow/spec';
import type { DeviceCandidate } from '../device-candidate.js';
import { reasonOf } from '../reason-of.js';
import type { Runtime } from '../runtime.js';
import { createWebRuntime } from './create-web-runtime.js';
import { findAdapter, type GpuAdapterInfo } from './gpu-device.js';
import type { OnnxRuntimeWeb, WebDevice } from './onnx-runtime-web.js';

export interface WebDevicesOptions {
  /**
   * Gives the build of onnxruntime-web for a device, configured; called when a runtime is made. The webgpu build is
   * twice the size, so that it should be imported for webgpu only.
   */
  load(device: WebDevice): Promise<OnnxRuntimeWeb>;
  /** Called when a runtime made here is gone; see `WebRuntimeOptions`. */
  onDeviceLost?(device: WebDevice, reason: string): void;
}

/** The devices that a browser, a worker or the edge can have, best first: webgpu, wasm. */
export function webDevices({ load, onDeviceLost }: WebDevicesOptions): DeviceCandidate[] {
  const runtimeOf = async (device: WebDevice): Promise<Runtime> => {
    const ort = await load(device).catch((error: unknown) => {
      const reason = `onnxruntime-web could not be loaded: ${reasonOf(error)}`;
      throw new DeviceError('the engine cannot be loaded', [{ device, reason }], {
        cause: error,
        retryable: true,
      });
    });
    return createWebRuntime({
      ort,
      device,
      ...(onDeviceLost && { onDeviceLost: (reason) => onDeviceLost(device, reason) }),
    });
  };
  return [
    {
      device: 'webgpu' satisfies Device,
      description: 'WebGPU of the browser',
      async unavailable() {
        const adapter = await findAdapter();
        return 'missing' in adapter ? adapter.missing : undefined;
      },
      async unattractive() {
        const adapter = await findAdapter();
        if ('missing' in adapter || !adapter.info || !isSoftware(adapter.info)) return undefined;
        return 'the WebGPU adapter is software, which is slower than wasm; name webgpu to use it all the same';
      },
      createRuntime: () => runtimeOf('webgpu'),
    },
    {
      device: 'wasm' satisfies Device,
      description: 'WebAssembly',
      async unavailable() {
        return 'WebAssembly' in globalThis ? undefined : 'there is no WebAssembly here: it is switched off';
      },
      createRuntime: () => runtimeOf('wasm'),
    },
  ];
}

function isSoftware({ isFallbackAdapter, architecture, description }: GpuAdapterInfo): boolean {
  return (
    isFallbackAdapter === true || /swiftshader|llvmpipe|basic render/i.test(`${architecture} ${description}`)
  );
}
