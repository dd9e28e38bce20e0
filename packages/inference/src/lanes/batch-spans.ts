import type { Device, Span } from '@cflow/spec';
import type { Row } from '../batches/batch.js';
import type { StepWatch } from './step-watch.js';

/** What is recorded of one batch. */
export interface BatchSpans {
  /** Told of the batch's calls of the engine; undefined when nobody records them. */
  readonly watch: StepWatch | undefined;
  end(error?: unknown): void;
}

const NOTHING: BatchSpans = { watch: undefined, end: () => {} };

/**
 * A batch is part of as many traces as it has images, and each of them gets all of it: the wait before, the batch, backbone
 * and head. So a trace shows what one request waited for, no matter who shared its batch.
 *
 * @param size places of the batch, empty ones included
 * @param startedAt milliseconds
 */
export function batchSpans(
  rows: readonly Row[],
  { device, size, startedAt }: { device: Device; size: number; startedAt: number },
): BatchSpans {
  if (rows.every(({ span }) => !span)) return NOTHING;
  const attributes = {
    'cflow.batch.images': rows.length,
    'cflow.batch.size': size,
    'cflow.device': device,
  };
  const spans = rows.map(({ span, readyAt, attempts }): Span | undefined => {
    span?.begin('queue', { at: readyAt }).end({ at: startedAt });
    return span?.begin('batch', {
      at: startedAt,
      attributes: { ...attributes, ...(attempts > 1 && { 'cflow.batch.attempt': attempts }) },
    });
  });
  return {
    watch: {
      begin: ({ kind, key }, images) => {
        const concerned = spans.filter(
          (_, i) => kind !== 'head' || rows[i]?.heads.some((head) => head.key === key),
        );
        const parts = concerned.map((span) =>
          span?.begin(kind, { attributes: { 'cflow.batch.size': images } }),
        );
        return () => {
          for (const part of parts) part?.end();
        };
      },
    },
    end: (error) => {
      for (const span of spans) span?.end({ error });
    },
  };
}
