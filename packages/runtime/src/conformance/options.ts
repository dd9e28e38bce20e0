import type { Runtime } from '../runtime.js';

/** What an adapter says of itself to the suite. */
export interface ConformanceOptions {
  create(): Promise<Runtime> | Runtime;
  /** Relative error allowed to one float32 operation. Default 1e-6; a device's own, not a test's. */
  tolerance?: number;
  /** Whether sessions live away from the calling thread, which then stays free while they run. */
  offThread: boolean;
  /** Stores bytes under a name in one folder and returns the path; left out where there are no files. */
  writeFile?(name: string, bytes: Uint8Array): Promise<string>;
  /** Bytes of the tensor that goes there and back. Default 16 MiB. */
  largeTensorBytes?: number;
}

export interface ConformanceContext extends Required<Omit<ConformanceOptions, 'writeFile' | 'create'>> {
  /** The runtime that the tests of a group share. */
  runtime(): Runtime;
  create(): Promise<Runtime>;
  writeFile: ConformanceOptions['writeFile'];
}
