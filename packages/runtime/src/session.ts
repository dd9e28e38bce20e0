import type { DataType, Tensor } from '@cflow/onnx';
import type { Device } from '@cflow/spec';

/** What a model declares of one input or output. */
export interface TensorInfo {
  readonly name: string;
  readonly type: DataType;
  /**
   * A number is fixed; a name is any size, the same wherever the name occurs; an empty name is any size.
   * Empty for a scalar, and also where the model declares no shape at all: ONNX Runtime does not tell them apart.
   */
  readonly dims: readonly (number | string)[];
}

export interface RunOptions {
  /** Outputs wanted; all when left out. The graph is run as a whole either way. */
  fetches?: readonly string[];
  /**
   * Rejects with the signal's reason at once. A run that has not started never starts; one that has goes on to
   * its end inside the engine, which cannot be interrupted, and its result is dropped.
   */
  signal?: AbortSignal;
  /**
   * True hands the feeds' memory over: cheaper, and the arrays are empty afterwards where sessions live in another
   * thread. Left out, feeds are copied on their way there and stay as they are.
   */
  consumeFeeds?: boolean;
}

/** One model, ready to run on one device. Runs of one session never overlap: they queue in the order of the calls. */
export interface Session {
  readonly device: Device;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /**
   * Runs the model. Rejects with ConfigurationError, before the engine sees anything, when names, types, shapes or
   * lengths do not fit; with DeviceError when the engine fails, `retryable` when it may work on a fresh runtime.
   * The feeds must not be written to until the run is over.
   */
  run(feeds: Readonly<Record<string, Tensor>>, options?: RunOptions): Promise<Record<string, Tensor>>;
  /** Waits for a run that has started, refuses the queued ones, frees the model. May be called again. */
  dispose(): Promise<void>;
}
