import type { Span, SpanAttributes } from '@cflow/spec';

/** Work for many images at once, which is a part of the trace of each. */
export async function recorded<T>(
  spans: readonly (Span | undefined)[] | undefined,
  name: string,
  attributes: SpanAttributes,
  work: () => Promise<T>,
): Promise<T> {
  const parts = spans?.map((span) => span?.begin(name, { attributes }));
  let error: unknown;
  try {
    return await work();
  } catch (reason) {
    error = reason;
    throw reason;
  } finally {
    parts?.map((part) => part?.end({ error }));
  }
}
