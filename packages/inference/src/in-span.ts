import type { Span } from '@cflow/spec';

/** Runs work inside a span, which ends with the work, and as failed when that fails. */
export async function inSpan<T>(
  span: Span | undefined,
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  try {
    const result = await work(span);
    span?.end();
    return result;
  } catch (error) {
    span?.end({ error });
    throw error;
  }
}
