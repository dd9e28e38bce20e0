// Engines tell what went wrong in words only. Two kinds must be told from all others, because what helps is different:
// after some errors of a device every later call in the process fails, and only a new process helps; and where memory ran
// out, less at once may do.
import { CflowError } from '@cflow/spec';
import { CUDA_LOST, CUDA_OUT_OF_MEMORY } from './cuda-fault-words.js';

/**
 * `lost`: the device, or this process's hold of it, is gone for good. `out-of-memory`: there was no room for what was
 * asked; the device works on.
 */
export type DeviceFault = 'lost' | 'out-of-memory';

const OUT_OF_MEMORY: readonly RegExp[] = [
  /out of memory|OUT_OF(_HOST|_DEVICE|_POOL)?_MEMORY|OutOfMemory|E_OUTOFMEMORY/i,
  ...CUDA_OUT_OF_MEMORY,
  /failed to allocate memory/i,
  /Available memory of \d+ is smaller than requested bytes/,
  /bad_alloc|bad allocation|Array buffer allocation failed|could not allocate memory|Aborted\(OOM\)/i,
];

const LOST: readonly RegExp[] = [
  ...CUDA_LOST,
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
