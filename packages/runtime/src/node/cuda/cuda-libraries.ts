/** Of ONNX Runtime; it looks for them beside its own library. */
export const CUDA_PROVIDER_FILES = [
  'libonnxruntime_providers_cuda.so',
  'libonnxruntime_providers_shared.so',
] as const;

/**
 * What the provider needs, in the order in which they can be loaded: each needs only those before it, and the driver.
 * The provider links the first four; NVRTC and cuDNN are opened when the first kernel asks for them.
 */
export const CUDA_LIBRARIES = [
  'libcudart.so.13',
  'libcublasLt.so.13',
  'libcublas.so.13',
  'libcurand.so.10',
  'libnvrtc-builtins.so.13.0',
  'libnvrtc.so.13',
  'libcudnn.so.9',
] as const;

/** The parts of cuDNN, which it opens itself, beside it, when it needs them. */
export const CUDNN_PARTS = [
  'libcudnn_graph.so.9',
  'libcudnn_ops.so.9',
  'libcudnn_cnn.so.9',
  'libcudnn_heuristic.so.9',
  'libcudnn_engines_precompiled.so.9',
  'libcudnn_engines_runtime_compiled.so.9',
] as const;

/** The driver's library, which belongs to the driver of the machine and to no image. */
export const DRIVER_LIBRARY = 'libcuda.so.1';

/** Of the driver, the first part of its version. Source: CUDA 13.0 release notes, minor version compatibility. */
export const DRIVER_NEEDED = 580;
/** From here on NVIDIA's `cuda-compat` lifts it, on data-center cards. Source: CUDA Compatibility, table of 13.0. */
export const DRIVER_FOR_COMPAT = 535;

/**
 * The cards that the provider has machine code for, by compute capability. It holds no PTX: other cards, such as V100 (7.0)
 * and B200 (10.0), cannot be used.
 */
export const COMPUTE_CAPABILITIES: Readonly<Record<string, string>> = {
  '7.5': 'T4, RTX 20',
  '8.0': 'A100, A30',
  '8.6': 'A10, A40, RTX 30',
  '8.9': 'L4, L40S, RTX 40',
  '9.0': 'H100, H200, GH200',
  '12.0': 'RTX 50, RTX PRO 6000 Blackwell',
};
