// Files of other packages that bundles are put together from.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** MozJPEG's decoder. */
export const MOZ_JPEG: string = require.resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm');

/** Where onnxruntime-web keeps its builds. */
export const ORT_WEB: string = dirname(require.resolve('onnxruntime-web/wasm'));

export const ORT_WASM: string = join(ORT_WEB, 'ort-wasm-simd-threaded.wasm');
