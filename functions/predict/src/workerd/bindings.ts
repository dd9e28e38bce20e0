// What Cloudflare's runtime gives a Worker, as far as it is used here.

/** A binding that answers requests: assets, another Worker, a container. */
export interface Fetcher {
  fetch(input: string, init?: RequestInit): Promise<Response>;
}

/** The context of one request. */
export interface WorkerContext {
  /** Lets work go on after the answer, and after the client has gone, for half a minute at most. */
  waitUntil(work: Promise<unknown>): void;
}

/** Variables, secrets and bindings by name. */
export type WorkerEnvironment = Readonly<Record<string, unknown>>;
