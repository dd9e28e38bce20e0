import type { ObjectProxy } from '../proxies/object-proxy.js';
import type { SlowProxy } from '../proxies/slow-proxy.js';
import type { Samples } from '../samples.js';

/** How the service is started for an attack. */
export interface StartOptions {
  /** Variables of the service. */
  env?: Readonly<Record<string, string>>;
  /** Names of API keys and their scopes; one called `operator`, with all of them, comes with it. Default: no keys. */
  keys?: Readonly<Record<string, readonly ('predict' | 'read' | 'train' | 'admin')[]>>;
  /** Descriptors that the process may have open. */
  descriptors?: number;
  /** What is wrong with the log: its disk is full, or nobody reads it. */
  log?: 'full' | 'unread';
  /** Puts proxies before PostgreSQL and the object store. */
  proxies?: boolean;
  /** Gives the process a clock that can be moved. */
  movableClock?: boolean;
}

/** A service that runs, with all that it has. */
export interface RunningHost {
  readonly url: string;
  readonly pid: number;
  /** Everything that it keeps on this machine's disk lies in it. */
  readonly folder: string;
  /** API keys by name, where it was started with some. */
  readonly keys: ReadonlyMap<string, string>;
  readonly databaseProxy?: SlowProxy;
  readonly storeProxy?: ObjectProxy;
  /** What it logged last. */
  log(): string;
  /** Undefined while it runs. */
  ended(): { code: number | null; signal: NodeJS.Signals | null } | undefined;
  /** Ends the process with a signal, and waits until it has. */
  kill(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Starts it again, or a second one beside it, on the same store and database. */
  again(options?: StartOptions): Promise<RunningHost>;
  /** Writes an object past the service. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Moves the clock of the process, in milliseconds from what it is. */
  moveClock?(ms: number): Promise<void>;
  /** Ends it, however it is, and deletes what it kept. */
  stop(): Promise<void>;
}

export interface Host {
  /** In words, for the table. */
  readonly what: string;
  start(options: StartOptions, samples: Samples): Promise<RunningHost>;
  close(): Promise<void>;
}
