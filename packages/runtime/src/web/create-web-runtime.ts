import { createRuntime } from '../create-runtime.js';
import type { Runtime } from '../runtime.js';
import type { OnnxRuntimeWeb, WebDevice } from './onnx-runtime-web.js';
import { WebOrtEngine } from './web-ort-engine.js';

export interface WebRuntimeOptions {
  ort: OnnxRuntimeWeb;
  device: WebDevice;
  /**
   * Called once when the place is gone without having been disposed, with the reason in words: a graphics driver
   * was reset, the WebAssembly module stopped. `failure` is set by then, and every pending call rejects with it.
   */
  onDeviceLost?(reason: string): void;
}

/**
 * A place for sessions in this thread: a page or, better, a Web Worker, since wasm blocks the thread that it runs in.
 * Nothing of the device is touched before the first session. Models and weights are given as bytes; there are no
 * paths. Runtimes on one module of onnxruntime-web take turns. The `threads` of a session have no effect: they are
 * `env.wasm.numThreads` of the module.
 */
export function createWebRuntime({ ort, device, onDeviceLost }: WebRuntimeOptions): Runtime {
  return createRuntime(device, new WebOrtEngine(ort, device, onDeviceLost));
}
