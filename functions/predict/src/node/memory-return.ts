import { collectGarbage } from '@cflow/inference/node';

/** Long enough that a load which only paused does not pay for it. */
const QUIET_MS = 1000;

/**
 * A function that gives the memory of buffers which nobody holds any more back to the system, once there is a pause. V8 frees
 * them when it collects, and a service that has become idle allocates too little to make it collect: after a load of large
 * bodies it would keep hundreds of megabytes until the next one.
 */
export function memoryReturn(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(collectGarbage, QUIET_MS);
    timer.unref();
  };
}
