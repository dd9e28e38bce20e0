// Engines tell what went wrong in words only. Two kinds must be told from all others, because what helps is different:
// after some errors of a device every later call in the process fails, and only a new process helps; and where memory ran
// out, less at once may do.
import { CflowError } from '@cflow/spec';

/**
 * `lost`: the device, or this process's hold of it, is gone for good. `out-of-memory`: there was no room for what was
 * asked; the device works on.
 */
export type DeviceFault = 'lost' | 'out-of-memory';

/** Errors of the CUDA runtime after which its context answers every call with the same error; the numbers are those of cudaError_t. */
const STICKY_CUDA = [
  46, // the card is taken, or was taken away
  214, // uncorrectable ECC error
  220, // uncorrectable error of NVLink
  700, // illegal address
  702, // launch timed out
  709, // context destroyed
  710, // assertion on the device
  714, // hardware stack error
  715, // illegal instruction
  716, // misaligned address
  717, // invalid address space
  718, // invalid program counter
  719, // unspecified launch failure
  721, // contained error
  999, // unknown: the driver has given up
];

const OUT_OF_MEMORY: readonly RegExp[] = [
  /out of memory|OUT_OF(_HOST|_DEVICE|_POOL)?_MEMORY|OutOfMemory|E_OUTOFMEMORY/i,
  /CUDA (failure|error) 2\b/,
  /CUBLAS failure 3\b|CU(BLAS|DNN)_STATUS_ALLOC_FAILED|CUDNN_STATUS_INTERNAL_ERROR_(HOST|DEVICE)_ALLOCATION_FAILED/,
  /failed to allocate memory/i,
  /Available memory of \d+ is smaller than requested bytes/,
  /bad_alloc|bad allocation|Array buffer allocation failed|could not allocate memory|Aborted\(OOM\)/i,
];

const LOST: readonly RegExp[] = [
  new RegExp(`CUDA (failure|error) (${STICKY_CUDA.join('|')})\\b`),
  /cudaError(IllegalAddress|IllegalInstruction|MisalignedAddress|LaunchFailure|LaunchTimeout|ECCUncorrectable|NvlinkUncorrectable|DevicesUnavailable|Assert|ContextIsDestroyed|Unknown)\b/,
  /an illegal (memory access|instruction) was encountered|unspecified launch failure|the launch timed out and was terminated/,
  /uncorrectable (ECC|NVLink) error|device-side assert triggered|CUDA-capable device\(s\) is\/are busy or unavailable/i,
  // Both libraries are loaded and set up when a session is: what says so later has lost what it had.
  /CUDNN failure (1|4|8|1001|4\d{3}|5\d{3})\b|CUDNN_STATUS_(NOT_INITIALIZED|INTERNAL_ERROR|EXECUTION_FAILED)/,
  /CUBLAS failure (1|13|14)\b|CUBLAS_STATUS_(NOT_INITIALIZED|EXECUTION_FAILED|INTERNAL_ERROR)/,
  /device (is |was )?lost|\[Device[^\]]*\] is lost|DEVICE_(LOST|REMOVED|HUNG|RESET)/i,
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
