import type { Tensor } from '@cflow/onnx';
import type { DeviceAttempt } from '@cflow/spec';
import type { LoadedModel, TensorMessage } from '../engine.js';
import type { ModelSource, SessionOptions } from '../runtime.js';
import { copyOfBytes, typedArray } from '../typed-array.js';
import type { NodeDevice } from './ort-options.js';

export interface WorkerSettings {
  device: NodeDevice;
  card?: number | undefined;
  gate: SharedArrayBuffer;
}

type TensorMessages = Record<string, TensorMessage>;

export type WorkerCall =
  | { kind: 'load'; source: ModelSource; options: SessionOptions }
  | { kind: 'run'; session: number; feeds: TensorMessages; fetches: readonly string[] }
  | { kind: 'release'; session: number }
  | { kind: 'close' };

export interface WorkerResults {
  load: LoadedModel;
  run: TensorMessages;
  release: undefined;
  close: undefined;
}

export type WorkerRequest = WorkerCall & { id: number };

export type WorkerResponse =
  | { id: number; ok: true; value: WorkerResults[keyof WorkerResults] }
  | { id: number; ok: false; error: WorkerError };

export interface WorkerError {
  name: string;
  message: string;
  code?: string;
  /** Of a DeviceError, whose reasons are for people as they are. */
  attempts?: readonly DeviceAttempt[];
}

/** Tensors as messages; those whose memory may not be given away, or is part of something larger, are copied. */
export function packTensors(tensors: Readonly<Record<string, Tensor>>, giveAway: boolean): TensorMessages {
  const messages = Object.entries(tensors).map(([name, { type, dims, data }]) => {
    const whole = data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength;
    const buffer = giveAway && whole ? (data.buffer as ArrayBuffer) : copyOfBytes(data);
    return [name, { type, dims, buffer }];
  });
  return Object.fromEntries(messages) as TensorMessages;
}

export function unpackTensors(messages: TensorMessages): Record<string, Tensor> {
  const tensors = Object.entries(messages).map(([name, { type, dims, buffer }]) => [
    name,
    { type, dims, data: typedArray(type, buffer) },
  ]);
  return Object.fromEntries(tensors) as Record<string, Tensor>;
}

/** The buffers to transfer, each once. */
export function buffersOf(messages: TensorMessages): ArrayBuffer[] {
  return [...new Set(Object.values(messages).map(({ buffer }) => buffer))];
}
