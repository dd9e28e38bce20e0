import * as ort from 'onnxruntime-web/wasm';
import { describeRuntime } from '../conformance.js';
import { createWebRuntime } from './create-web-runtime.js';

ort.env.wasm.numThreads = 1;

describeRuntime('wasm in this thread', {
  create: () => createWebRuntime({ ort, device: 'wasm' }),
  offThread: false,
});
