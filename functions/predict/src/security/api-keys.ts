/** What a key may be good for. `admin` includes the others. */
export const SCOPES = ['predict', 'read', 'train', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who a request is from. */
export interface Caller {
  /** Name of the key, for logs and limits; never the key. */
  name: string;
  scopes: ReadonlySet<Scope>;
  /** Instead of the service's own limit. */
  rate?: { perSecond: number; burst: number } | undefined;
}

export interface ApiKeys {
  /** The caller whose key this is, undefined when it is nobody's. Takes the same time for any key. */
  find(key: string): Promise<Caller | undefined>;
}
