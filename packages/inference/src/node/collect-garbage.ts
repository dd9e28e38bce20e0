import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let gc: (() => void) | undefined;

/** Has V8 collect what nobody holds any more in this thread. Its heap is small here; what is large lies outside of it, in buffers. */
export function collectGarbage(): void {
  if (!gc) {
    // Only what is compiled after the flag was set sees the function, hence the new context.
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as () => void;
  }
  gc();
}
