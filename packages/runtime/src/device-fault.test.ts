import { DeviceError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { deviceFault } from './device-fault.js';
import { loadError, runError } from './engine-error.js';

const node = (name: string, status: string): string =>
  `Non-zero status code returned while running ${name} node. Name:'${name}_1' Status Message: ${status}`;
const cuda = (code: number, words: string, call: string): string =>
  `CUDA failure ${code}: ${words} ; GPU=0 ; hostname=host-7 ; file=/onnxruntime_src/onnxruntime/core/providers/cuda/gpu_data_transfer.cc ; line=63 ; expr=${call}; `;

const LOST = [
  cuda(700, 'an illegal memory access was encountered', 'cudaMemcpyAsync(dst, src, bytes, kind, stream)'),
  cuda(719, 'unspecified launch failure', 'cudaStreamSynchronize(static_cast<cudaStream_t>(stream_))'),
  cuda(702, 'the launch timed out and was terminated', 'cudaStreamSynchronize(stream)'),
  cuda(214, 'uncorrectable ECC error encountered', 'cudaGetLastError()'),
  cuda(46, 'CUDA-capable device(s) is/are busy or unavailable', 'cudaSetDevice(info_.device_id)'),
  cuda(716, 'misaligned address', 'cudaGetLastError()'),
  cuda(999, 'unknown error', 'cudaDeviceSynchronize()'),
  node(
    'Conv',
    'CUDNN failure 5003: CUDNN_STATUS_EXECUTION_FAILED_CUDART ; GPU=0 ; hostname=a ; file=b.cc ; line=1',
  ),
  node('Conv', 'CUDNN failure 4: CUDNN_STATUS_INTERNAL_ERROR ; GPU=0 ; hostname=a ; file=b.cc ; line=1'),
  'CUDNN failure 1001: CUDNN_STATUS_NOT_INITIALIZED ; GPU=0 ; hostname=a',
  node('Gemm', 'CUBLAS failure 13: CUBLAS_STATUS_EXECUTION_FAILED ; GPU=0 ; hostname=a ; file=b.cc ; line=1'),
  'CUBLAS failure 1: the library was not initialized ; GPU=0 ; hostname=a',
  'WebGPU device lost (1): GPU connection lost',
  'WebGPU validation failed. [Device "onnxruntime"] is lost.',
  'Device is lost',
  'vkQueueSubmit failed with VK_ERROR_DEVICE_LOST',
  'DXGI_ERROR_DEVICE_HUNG',
];

const OUT_OF_MEMORY = [
  cuda(2, 'out of memory', 'cudaMalloc((void**)&p, size)'),
  node(
    'FusedConv',
    '/onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:376 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory for requested buffer of size 2830172160',
  ),
  'Exception during initialization: bfc_arena.cc:359 Available memory of 1048576 is smaller than requested bytes of 4194304',
  'BFC Arena ran out of memory trying to allocate 4194304',
  node('Gemm', 'CUBLAS failure 3: the resource allocation failed ; GPU=0 ; hostname=a'),
  node('Conv', 'CUDNN failure 2: CUDNN_STATUS_ALLOC_FAILED ; GPU=0 ; hostname=a'),
  'failed to call OrtRun(). ERROR_CODE: 6, ERROR_MESSAGE: std::bad_alloc',
  'WebGPU device error(2): Out of memory',
  'vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY',
  'WebAssembly.Memory(): could not allocate memory',
  'Array buffer allocation failed',
];

const NEITHER = [
  'Load model failed: Protobuf parsing failed.',
  'No Op registered for Loopy with domain_version of 17',
  node('Reshape', 'The input tensor cannot be reshaped to the requested shape. Input shape:{2,700}'),
  'CUDA failure 98: invalid device function ; GPU=0 ; hostname=a',
  'CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version',
  'the input has 46 rows, expected 2',
];

describe('what an error says of its device', () => {
  it.each(LOST)('lost: %s', (message) => expect(deviceFault(new Error(message))).toBe('lost'));
  it.each(OUT_OF_MEMORY)('out of memory: %s', (message) => {
    expect(deviceFault(new Error(message))).toBe('out-of-memory');
  });
  it.each(NEITHER)('nothing: %s', (message) => expect(deviceFault(new Error(message))).toBeUndefined());

  it('is kept in the error, which may be tried again, and of which the names of hosts and files are not', () => {
    for (const error of [
      runError('cuda', new Error(LOST[0])),
      loadError('cuda', new Error(OUT_OF_MEMORY[0])),
    ]) {
      expect(error).toBeInstanceOf(DeviceError);
      expect(error).toMatchObject({ code: 'device', retryable: true });
      expect(error.message).toMatch(/CUDA failure/);
      expect(error.message).not.toMatch(/host-7|onnxruntime_src/);
    }
    expect(deviceFault(runError('cuda', new Error(LOST[0])))).toBe('lost');
    expect(deviceFault(loadError('cuda', new Error(OUT_OF_MEMORY[0])))).toBe('out-of-memory');
    expect(deviceFault(runError('cuda', new Error(NEITHER[2])))).toBeUndefined();
  });
});
