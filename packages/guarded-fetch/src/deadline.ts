/** One limit of time over several steps, together with the caller's own wish to stop. */
export interface Deadline {
  /** Aborts when the time is up, and when the caller's signal does. */
  readonly signal: AbortSignal;
  readonly expired: boolean;
  /** To be called when all is done: frees the timer. */
  end(): void;
}

export function startDeadline(timeoutMs: number, outer: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    controller.abort();
  }, timeoutMs);
  const follow = (): void => controller.abort(outer?.reason);
  if (outer?.aborted) follow();
  outer?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    end() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', follow);
    },
  };
}
