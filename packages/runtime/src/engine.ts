import type { DataType, Tensor } from '@cflow/onnx';
import type { DeviceError } from '@cflow/spec';
import type { ModelSource, SessionOptions } from './runtime.js';
import type { TensorInfo } from './session.js';

/** A model inside an engine. */
export interface LoadedModel {
  readonly id: number;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/**
 * What an adapter writes: the engine itself or the way to it (a thread, a page). It may trust its arguments and
 * throw plain errors with the engine's own words; `createRuntime` checks, queues and words the errors for all.
 */
export interface Engine {
  load(source: ModelSource, options: SessionOptions): Promise<LoadedModel>;
  run(
    id: number,
    feeds: Readonly<Record<string, Tensor>>,
    fetches: readonly string[],
    consumeFeeds: boolean,
  ): Promise<Record<string, Tensor>>;
  release(id: number): Promise<void>;
  close(): Promise<void>;
  /** Set once when the engine is gone without having been closed. */
  readonly failure: DeviceError | undefined;
}

/** A tensor as it crosses threads: its buffer is transferred, not copied. */
export interface TensorMessage {
  type: DataType;
  dims: readonly number[];
  buffer: ArrayBuffer;
}
