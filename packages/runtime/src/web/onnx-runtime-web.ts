/** Devices that onnxruntime-web can run on. */
export type WebDevice = 'wasm' | 'webgpu';

/**
 * The part of onnxruntime-web that is used. The caller imports the build that it wants, `onnxruntime-web/wasm` or
 * `onnxruntime-web/webgpu` (which can do both), and sets `env.wasm` (paths, number of threads) before the first
 * session: what is set later has no effect.
 */
export type OnnxRuntimeWeb = Pick<typeof import('onnxruntime-common'), 'InferenceSession' | 'Tensor' | 'env'>;
