import type { Device, DeviceError } from '@cflow/spec';
import type { Session } from './session.js';

/** Bytes of an external file that a model's weights lie in: as they are, or the path of a file where there are files. */
export interface ExternalData {
  /** The location as the model spells it, e.g. `backbone.safetensors`. */
  path: string;
  data: Uint8Array | string;
}

/** An ONNX model: its bytes or the path of its file, and the files that it refers to. */
export interface ModelSource {
  model: Uint8Array | string;
  /** May be left out for a model given by path whose files lie beside it under their names. */
  externalData?: readonly ExternalData[];
}

/** How far ONNX Runtime rewrites a graph when it opens it, from not at all to as far as it can. */
export const GRAPH_OPTIMIZATIONS = ['disabled', 'basic', 'extended', 'all'] as const;
/** How much the engine rewrites the graph when a session is created. */
export type GraphOptimization = (typeof GRAPH_OPTIMIZATIONS)[number];

export interface SessionOptions {
  /** Threads of one operator on the CPU. Default: the runtime's, or else one per core. */
  threads?: number;
  /** Default `all`. */
  graphOptimization?: GraphOptimization;
  /**
   * Whether what depends on weights alone is computed once, when the session is created. Default true. False takes far
   * less memory (a MobileNetV2 detector's head: 25 MB instead of 105 MB on wasm, whose memory never shrinks) and the same
   * time, where there is little to fold.
   */
  foldConstants?: boolean;
  /**
   * True refuses a model of which any operator would run on the CPU instead of this device. The engine moves such
   * operators in silence otherwise. Shape arithmetic counts, and so does `Loop` on webgpu. No effect on `cpu` and
   * `wasm`, which are the CPU.
   */
  strictDevice?: boolean;
  /**
   * How threads wait for work. `short`, the default: awake for some microseconds, from one operator to the next, then
   * asleep; the fastest where a run has its cores to itself. `none`: asleep at once, for cores that much else wants, as in
   * a service under load. `long`: as long as the engine has them, even after a run; with another session on the same
   * cores that made training steps 1.5 to 4 times slower.
   */
  spinning?: 'none' | 'short' | 'long';
}

/** One place where sessions live: a worker thread, this thread, a page. Many sessions may live in it. */
export interface Runtime {
  readonly device: Device;
  /** Why the place is gone, e.g. its thread died or its device is lost; undefined while it works. Every call then rejects with it. */
  readonly failure: DeviceError | undefined;
  /**
   * Rejects with BundleError when the model or its files are missing or damaged, and with DeviceError when the
   * device cannot run it.
   */
  createSession(source: ModelSource, options?: SessionOptions): Promise<Session>;
  /** Disposes all its sessions and frees the place. May be called again. */
  dispose(): Promise<void>;
  /**
   * Gives up on what is under way: every pending call is rejected at once, and the place ends when its run does, since
   * an engine cannot be interrupted; the promise waits for that, which may be for ever. Absent where nothing can be
   * given up.
   */
  terminate?(): Promise<void>;
}
