// What CUDA and its libraries say: apart, since pages leave it out.

/**
 * Errors of the CUDA runtime after which its context answers every call with the same error, as numbers of cudaError_t: the card is
 * taken (46); uncorrectable errors of ECC (214) and NVLink (220); illegal address (700); launch timed out (702); context
 * destroyed (709); assertion (710); hardware stack (714), illegal instruction (715), misaligned address (716), address space
 * (717), program counter (718); unspecified launch failure (719); contained (721); unknown (999).
 */
const STICKY_CUDA = /CUDA (failure|error) (46|214|220|700|702|709|710|71[4-9]|721|999)\b/;

export const CUDA_OUT_OF_MEMORY: readonly RegExp[] = [
  /CUDA (failure|error) 2\b/,
  /CUBLAS failure 3\b|CU(BLAS|DNN)_STATUS_ALLOC_FAILED|CUDNN_STATUS_INTERNAL_ERROR_(HOST|DEVICE)_ALLOCATION_FAILED/,
];

export const CUDA_LOST: readonly RegExp[] = [
  STICKY_CUDA,
  /cudaError(IllegalAddress|IllegalInstruction|MisalignedAddress|LaunchFailure|LaunchTimeout|ECCUncorrectable|NvlinkUncorrectable|DevicesUnavailable|Assert|ContextIsDestroyed|Unknown)\b/,
  /an illegal (memory access|instruction) was encountered|unspecified launch failure|the launch timed out and was terminated/,
  /uncorrectable (ECC|NVLink) error|device-side assert triggered|CUDA-capable device\(s\) is\/are busy or unavailable/i,
  // Both libraries are loaded and set up when a session is: what says so later has lost what it had.
  /CUDNN failure (1|4|8|1001|4\d{3}|5\d{3})\b|CUDNN_STATUS_(NOT_INITIALIZED|INTERNAL_ERROR|EXECUTION_FAILED)/,
  /CUBLAS failure (1|13|14)\b|CUBLAS_STATUS_(NOT_INITIALIZED|EXECUTION_FAILED|INTERNAL_ERROR)/,
];
