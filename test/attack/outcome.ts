import type { HostName } from './attack-types.js';

/** What an attack did to a service, and whether that may be. */
export interface Outcome {
  attack: string;
  host: HostName;
  /** Answers by status; 0 are those that never came. */
  statuses: Readonly<Record<number, number>>;
  /** Milliseconds without an answer of `/livez` at most, and of a process that does nothing but answer. */
  silenceMs: number;
  controlSilenceMs: number;
  /** Longest turn of the event loop in milliseconds, by the service's own metrics, where it has them. */
  turnMs: number | undefined;
  /** Bytes, of the service and its children together. */
  memory: { before: number; peak: number; after: number };
  descriptors: { before: number; after: number };
  seconds: number;
  /** Figures of its own. */
  notes: readonly string[];
  /** What must not be; empty where everything held. */
  faults: readonly string[];
  /** Those of the faults that are about time: a busy machine may be the reason. */
  late: readonly string[];
  /** Why it was not done. */
  skipped?: string;
}
