import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let gc: (() => void) | undefined;

/**
 * Makes V8 collect this thread's garbage. The heap is small; what is large lies outside of it, in buffers that garbage
 * keeps.
 */
export function collectGarbage(): void {
  if (!gc) {
    // Only code compiled after the flag was set sees the function, hence the new context.
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as () => void;
  }
  gc();
}
