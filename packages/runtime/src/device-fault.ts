// Engines tell what went wrong in words only. Two kinds must be told from all others, because what helps is different:
// after some errors of a device every later call in the process fails, and only a new process helps; and where memory ran
// out, less at once may do.
import { CflowError } from '@cflow/spec';

/**
 * `lost`: the device, or this process's hold of it, is gone for good. `out-of-memory`: there was no room for what was
 * asked; the device works on.
 */
export type DeviceFault = 'lost' | 'out-of-memory';

/**
 * Errors of the CUDA runtime after which its context answers every call with the same error, as numbers of cudaError_t: the card is
 * taken (46); uncorrectable errors of ECC (214) and NVLink (220); illegal address (700); launch timed out (702); context
 * destroyed (709); assertion (710); hardware stack (714), illegal instruction (715), misaligned address (716), address space
 * (717), program counter (718); unspecified launch failure (719); contained (721); unknown (999).
 */
const STICKY_CUDA = /CUDA (failure|error) (46|214|220|700|702|709|710|71[4-9]|721|999)\b/;

const OUT_OF_MEMORY: readonly RegExp[] = [
  /out of memory|OUT_OF(_HOST|_DEVICE|_POOL)?_MEMORY|OutOfMemory|E_OUTOFMEMORY/i,
  /CUDA (failure|error) 2\b/,
  /CUBLAS failure 3\b|CU(BLAS|DNN)_STATUS_ALLOC_FAILED|CUDNN_STATUS_INTERNAL_ERROR_(HOST|DEVICE)_ALLOCATION_FAILED/,
  /failed to allocate memory/i,
  /Available memory of \d+ is smaller than requested bytes/,
  /bad_alloc|bad allocation|Array buffer allocation failed|could not allocate memory|Aborted\(OOM\)/i,
];

const LOST: readonly RegExp[] = [
  STICKY_CUDA,
  /cudaError(IllegalAddress|IllegalInstruction|MisalignedAddress|LaunchFailure|LaunchTimeout|ECCUncorrectable|NvlinkUncorrectable|DevicesUnavailable|Assert|ContextIsDestroyed|Unknown)\b/,
  /an illegal (memory access|instruction) was encountered|unspecified launch failure|the launch timed out and was terminated/,
  /uncorrectable (ECC|NVLink) error|device-side assert triggered|CUDA-capable device\(s\) is\/are busy or unavailable/i,
  // Both libraries are loaded and set up when a session is: what says so later has lost what it had.
  /CUDNN failure (1|4|8|1001|4\d{3}|5\d{3})\b|CUDNN_STATUS_(NOT_INITIALIZED|INTERNAL_ERROR|EXECUTION_FAILED)/,
  /CUBLAS failure (1|13|14)\b|CUBLAS_STATUS_(NOT_INITIALIZED|EXECUTION_FAILED|INTERNAL_ERROR)/,
  /device (is |was )?lost|\[Device[^[\]]{0,200}\] is lost|DEVICE_(LOST|REMOVED|HUNG|RESET)/i,
];

/** What an error says of its device; undefined for one that is of the model or the call. */
export function deviceFault(error: unknown): DeviceFault | undefined {
  if (CflowError.isInstance(error)) {
    const { fault } = error.details;
    return fault === 'lost' || fault === 'out-of-memory' ? fault : undefined;
  }
  const text = error instanceof Error ? error.message : String(error);
  // First, since libraries on top of CUDA tell of it as an error of their own.
  if (OUT_OF_MEMORY.some((words) => words.test(text))) return 'out-of-memory';
  return LOST.some((words) => words.test(text)) ? 'lost' : undefined;
}
