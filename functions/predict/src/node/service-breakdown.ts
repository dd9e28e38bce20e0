import type { ScoringHealth } from '@cflow/inference';

/** Exit codes of a process whose place another one is to take. */
export const BREAKDOWN_CODES = {
  /** The device is lost to the process. */
  deviceLost: 70,
  /** Nothing is scored any more: what hangs cannot be replaced. */
  stalled: 71,
} as const;

export interface ServiceBreakdown {
  exitCode: (typeof BREAKDOWN_CODES)[keyof typeof BREAKDOWN_CODES];
  reason: string;
}

const LOOK_MS = 250;
const END_MS = 90_000;

/** Resolves when the service cannot go on; never, once the signal has aborted. */
export function whenBroken(
  health: () => ScoringHealth,
  { signal, endMs = END_MS }: { signal: AbortSignal; endMs?: number },
): Promise<ServiceBreakdown> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const { state, detail, stalledMs } = health();
      if (state === 'lost') resolve({ exitCode: BREAKDOWN_CODES.deviceLost, reason: detail });
      else if (stalledMs >= endMs) resolve({ exitCode: BREAKDOWN_CODES.stalled, reason: detail });
      else return;
      clearInterval(timer);
    }, LOOK_MS);
    timer.unref();
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  });
}
