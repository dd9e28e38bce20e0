import { collectGarbage } from '@cflow/inference/node';

/** Long enough that a load which only paused does not pay for it. */
const QUIET_MS = 1000;
/** Bodies and frames that are worth a collection, which takes some ten milliseconds. */
const MUCH = 64 * 2 ** 20;

/**
 * A function that is told how much was held and is not any more, and gives the memory of it back to the system once there is a
 * pause. V8 frees buffers that nobody holds when it collects, and a service that has become idle allocates too little to make it
 * collect: after a load of large bodies, or of many, it would keep hundreds of megabytes until the next one.
 */
export function memoryReturn(collect: () => void = collectGarbage): (bytes: number) => void {
  let garbage = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const quiet = (): void => {
    if (garbage < MUCH) return;
    garbage = 0;
    collect();
  };
  return (bytes) => {
    garbage += bytes;
    clearTimeout(timer);
    timer = setTimeout(quiet, QUIET_MS);
    timer.unref();
  };
}
