import { SerialQueue } from '../serial-queue.js';
import type { OnnxRuntimeWeb } from './onnx-runtime-web.js';

// One instance of the engine serves all runtimes of a page or thread, and nothing in it may overlap: files of weights
// are mounted for the whole instance, one session may register its device at a time, and the WebGPU build can suspend
// only one call. So the queue belongs to the engine's module, which is known by its `env`.
const queues = new WeakMap<object, SerialQueue>();

export function engineQueue({ env }: OnnxRuntimeWeb): SerialQueue {
  let queue = queues.get(env);
  if (!queue) {
    queue = new SerialQueue();
    queues.set(env, queue);
  }
  return queue;
}
