import { describe, expect, it } from 'vitest';
import { cudaWords } from './plain-words.js';

const failure = (code: number, words: string): string =>
  '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:157 std::conditional_t<THRW, void, common::Status> onnxruntime::CudaCall(ERRTYPE, const char*, const char*, SUCCTYPE, const char*, const char*, int) [with ERRTYPE = cudaError; bool THRW = true]\n' +
  `CUDA failure ${code}: ${words} ; GPU=0 ; hostname=somewhere ; file=/onnxruntime_src/cuda.cc ; line=311 ; expr=cudaSetDevice(0);`;

describe('what ONNX Runtime says of a card that does not start', () => {
  it.each([
    [
      35,
      'CUDA driver version is insufficient for CUDA runtime version',
      /too old for CUDA 13: it must be 580 or newer/,
    ],
    [100, 'no CUDA-capable device is detected', /finds no card.*--gpus all/],
    [209, 'no kernel image is available for execution on the device', /compute capability/],
  ])('error %i becomes a line', (code, words, expected) => {
    const found = cudaWords(failure(code, words));
    expect(found).toMatch(expected);
    expect(found).toContain(`(CUDA error ${code})`);
    expect(found).not.toMatch(/\n|conditional_t/);
  });

  it('is left to others where the card is lost or its memory full', () => {
    expect(cudaWords(failure(700, 'an illegal memory access was encountered'))).toBeUndefined();
    expect(cudaWords(failure(2, 'out of memory'))).toBeUndefined();
    expect(cudaWords('the model is wrong')).toBeUndefined();
  });

  it('names the library that is missing', () => {
    expect(
      cudaWords(
        'Failed to load shared library: /x/libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: cannot open shared object file: No such file or directory',
      ),
    ).toMatch(/: libcublasLt\.so\.13 is missing/);
  });
});
