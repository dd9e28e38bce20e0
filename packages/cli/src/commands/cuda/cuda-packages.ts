import type { PackageArchive } from '@cflow/model/node';

/** A wheel, and which of its files are installed. */
export interface CudaPackage extends PackageArchive {
  /** Paths in the wheel; the last part is the name that the loader asks for. */
  entries: readonly string[];
  /** What it is needed for, in a few words. */
  purpose: string;
}

const CU13 = 'nvidia/cu13/lib';
const CUDNN = 'nvidia/cudnn/lib';

/**
 * What ONNX Runtime's CUDA provider needs, all of CUDA 13.0, pinned. The provider is of the same version as
 * onnxruntime-node, and of the same commit. Left out: TensorRT's provider, NVBLAS, the alternative NVRTC, and cuDNN's
 * recurrent and attention layers (libcudnn_adv), which no graph here has; cuFFT is not linked.
 */
export const CUDA_PACKAGES: readonly CudaPackage[] = [
  {
    package: 'onnxruntime-gpu',
    version: '1.30.0',
    archive: {
      name: 'onnxruntime_gpu-1.30.0-cp312-cp312-manylinux_2_28_x86_64.whl',
      bytes: 246_685_715,
      sha256: '6acc0f4b3d5ac5f2984432faa59dd8fcce6775f8b43a7140afa0f322c7a703b1',
    },
    entries: [
      'onnxruntime/capi/libonnxruntime_providers_cuda.so',
      'onnxruntime/capi/libonnxruntime_providers_shared.so',
    ],
    purpose: 'the provider',
  },
  {
    package: 'nvidia-cuda-runtime',
    version: '13.0.96',
    archive: {
      name: 'nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
      bytes: 2_243_632,
      sha256: '7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548',
    },
    entries: [`${CU13}/libcudart.so.13`],
    purpose: 'the CUDA runtime',
  },
  {
    package: 'nvidia-cublas',
    version: '13.1.2.11',
    archive: {
      name: 'nvidia_cublas-13.1.2.11-py3-none-manylinux_2_27_x86_64.whl',
      bytes: 423_122_711,
      sha256: 'e1ad7b57879088bc79e31cc172891a64332f76ae733084d4aaaaa65499b9b3de',
    },
    entries: [`${CU13}/libcublasLt.so.13`, `${CU13}/libcublas.so.13`],
    purpose: 'matrix products',
  },
  {
    package: 'nvidia-curand',
    version: '10.4.0.35',
    archive: {
      name: 'nvidia_curand-10.4.0.35-py3-none-manylinux_2_27_x86_64.whl',
      bytes: 59_544_258,
      sha256: '1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc',
    },
    entries: [`${CU13}/libcurand.so.10`],
    purpose: 'random numbers, linked though no graph here draws any',
  },
  {
    package: 'nvidia-cuda-nvrtc',
    version: '13.0.88',
    archive: {
      name: 'nvidia_cuda_nvrtc-13.0.88-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
      bytes: 90_215_200,
      sha256: 'ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575',
    },
    entries: [`${CU13}/libnvrtc-builtins.so.13.0`, `${CU13}/libnvrtc.so.13`],
    purpose: 'kernels that cuDNN and cuBLAS compile when they run',
  },
  {
    package: 'nvidia-cudnn-cu13',
    version: '9.20.0.48',
    archive: {
      name: 'nvidia_cudnn_cu13-9.20.0.48-py3-none-manylinux_2_27_x86_64.whl',
      bytes: 366_173_588,
      sha256: '0c45dd8eeb50b603f07995b1b300c62ffe6a1980482b82b3bcf94a4ca9d49304',
    },
    entries: [
      'libcudnn.so.9',
      'libcudnn_graph.so.9',
      'libcudnn_ops.so.9',
      'libcudnn_cnn.so.9',
      'libcudnn_heuristic.so.9',
      'libcudnn_engines_precompiled.so.9',
      'libcudnn_engines_runtime_compiled.so.9',
    ].map((name) => `${CUDNN}/${name}`),
    purpose: 'convolutions and reductions',
  },
];
