// A device of its own for every runtime. The one that onnxruntime-web makes for itself is shared by the whole page and
// once lost stays lost, so that nothing but a reload would help; its memory is never given back either.
import { reasonOf } from '../reason-of.js';

/** The part of the browser's WebGPU that is used, declared here so that Node code need not know its types. */
export interface Gpu {
  requestAdapter(options?: { powerPreference?: 'high-performance' }): Promise<GpuAdapter | null>;
}

export interface GpuAdapter {
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<string, number | undefined>>;
  readonly info?: GpuAdapterInfo;
  requestDevice(descriptor: {
    requiredFeatures: readonly string[];
    requiredLimits: Readonly<Record<string, number>>;
  }): Promise<GpuDevice>;
}

export interface GpuAdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

export interface GpuDevice {
  /** Resolves when the device is gone; never rejects. */
  readonly lost: Promise<{ readonly reason: 'unknown' | 'destroyed'; readonly message: string }>;
  destroy(): void;
}

/** What the engine's kernels make use of where it is there. */
const FEATURES = ['shader-f16', 'subgroups'] as const;

/** Asked for in full: by default a device allows buffers of 128 MiB only, on whatever card. */
const LIMITS = [
  'maxBindGroups',
  'maxBufferSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
] as const;

/** The adapter, or why there is none, in words that say what to do. */
export async function findAdapter(): Promise<GpuAdapter | { missing: string }> {
  const { navigator, isSecureContext } = globalThis as {
    navigator?: { gpu?: Gpu };
    isSecureContext?: boolean;
  };
  if (!navigator?.gpu) {
    return {
      missing:
        isSecureContext === false
          ? 'the page is not a secure context, and browsers give WebGPU to HTTPS and localhost only'
          : 'there is no WebGPU here (navigator.gpu): the browser is too old, or it is switched off',
    };
  }
  try {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
    return (
      adapter ?? {
        missing:
          'no WebGPU adapter: the browser found no graphics card and driver that it trusts (chrome://gpu or ' +
          'about:support tells why)',
      }
    );
  } catch (error) {
    return { missing: `no WebGPU adapter: ${reasonOf(error)}` };
  }
}

/** Rejects with a plain error that says why there is no device. */
export async function requestDevice(): Promise<GpuDevice> {
  const adapter = await findAdapter();
  if ('missing' in adapter) throw new Error(adapter.missing);
  const limits = LIMITS.flatMap((name) => {
    const limit = adapter.limits[name];
    return limit === undefined ? [] : [[name, limit] as const];
  });
  return adapter.requestDevice({
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(limits),
  });
}
