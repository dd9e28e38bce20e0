// The service as a Worker, as an owner would write it.
import { createWorker } from '@cflow/predict/workerd';
import jpeg from '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm';
import onnxRuntime from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';

// biome-ignore lint/style/noDefaultExport: a Worker is the default export of its module
export default createWorker({ wasm: { onnxRuntime, jpeg }, version: '1.2.3' });
