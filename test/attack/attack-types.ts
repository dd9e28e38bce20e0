import type { Client } from './client/client.js';
import type { RunningHost, StartOptions } from './hosts/host.js';
import type { Samples } from './samples.js';

export const HOSTS = ['node', 'postgres', 'workerd'] as const;
export type HostName = (typeof HOSTS)[number];

/** What a stranger, a client or a bad day does to a service, and what must hold while it does. */
export interface Attack {
  name: string;
  /** What it does, in one line. */
  about: string;
  /** Hosts that it makes no sense on, and why. */
  notOn?: Partial<Record<HostName, string>>;
  /** Part of the short form, which continuous integration runs. */
  short?: boolean;
  /** How the service is started for it. */
  service?: StartOptions;
  /** Opens the job database while the service warms up: it takes memory and descriptors of its own. */
  jobs?: boolean;
  /** Megabytes more than before that the service and its children may take. Default `MOST_GROWTH_MB`. */
  mostGrowthMb?: number;
  /** Milliseconds that no turn of the event loop may exceed; left out where only `/livez` is looked at. */
  mostTurnMs?: number;
  /** Why the process may end in it; left out where it must not. */
  mayEnd?: string;
  run(scene: Scene): Promise<void>;
}

/** Where an attack takes place. */
export interface Scene {
  readonly hostName: HostName;
  readonly host: RunningHost;
  readonly client: Client;
  readonly samples: Samples;
  /** Whether this is the full form. */
  readonly full: boolean;
  /** Notes something that must not be; the attack goes on. */
  fault(words: string): void;
  /** Notes a figure for the table. */
  note(words: string): void;
}
