import { type ListOptions, Paged } from './paged.js';
import type { Transport } from './transport.js';

/** A list of the service, whose entries its pages have under `field`. */
export function list<T>(
  transport: Transport,
  path: readonly string[],
  field: string,
  { limit, after, ...call }: ListOptions,
  query: Readonly<Record<string, string | undefined>> = {},
): Paged<T> {
  return new Paged(after, (from) =>
    transport
      .json<Record<string, T[]> & { next: string | null }>({
        path,
        query: { ...query, limit, after: from },
        ...call,
      })
      .map((page) => ({ items: page[field] ?? [], next: page.next })),
  );
}
