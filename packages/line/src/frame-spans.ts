import type { StartTrace } from '@cflow/spec';
import type { Frame, Source } from './frame.js';
import { withoutSecrets } from './without-secrets.js';

/** What is recorded of frames that are taken together. */
export interface FrameSpans {
  /** Those that are not among these are over: the files are gone. */
  leave(frames: readonly Frame[]): void;
  /** Work that is done for all that are left. */
  during(name: string, work: () => Promise<void>): Promise<void>;
  /** Their results are accepted. What sinks do with those comes after. */
  end(): void;
}

/** Begins a trace for each frame, from when it was there, where traces are wanted. */
export function frameSpans(
  frames: readonly Frame[],
  { startTrace, source }: { startTrace?: StartTrace | undefined; source: Source },
): FrameSpans {
  const takenAt = performance.now();
  for (const frame of startTrace ? frames : []) {
    const attributes = {
      'cflow.source': withoutSecrets(source.name),
      'cflow.frame.number': frame.number,
      'cflow.frame.name': frame.name,
    };
    frame.span = startTrace?.('frame', { at: frame.readyAt, attributes });
    frame.span?.begin('queue', { at: frame.readyAt }).end({ at: takenAt });
  }
  let left = frames;
  return {
    leave(present) {
      const there = new Set(present);
      for (const { span } of left.filter((frame) => !there.has(frame))) {
        span?.set({ 'cflow.frame.gone': true });
        span?.end();
      }
      left = present;
    },
    async during(name, work) {
      const parts = left.map(({ span }) => span?.begin(name));
      await work();
      for (const part of parts) part?.end();
    },
    end() {
      for (const { span } of left) span?.end();
    },
  };
}
