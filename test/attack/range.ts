import type { Attack, HostName } from './attack-types.js';
import type { Host } from './hosts/host.js';
import { nodeHost } from './hosts/node-host.js';
import { postgresHost } from './hosts/postgres-host.js';
import { workerdHost } from './hosts/workerd-host.js';
import type { Outcome } from './outcome.js';
import { type RunOptions, runAttack } from './run-attack.js';
import { makeSamples } from './samples.js';
import { Watcher } from './watch/watcher.js';

/** Where attacks on one host are done. */
export interface Range {
  attack(attack: Attack): Promise<Outcome>;
  close(): Promise<void>;
}

const OPEN: Readonly<Record<HostName, () => Promise<Host | { missing: string }>>> = {
  node: nodeHost,
  postgres: postgresHost,
  workerd: workerdHost,
};

/** Starts what attacks on a host need. Where that is missing, each attack says so instead of being done. */
export async function openRange(hostName: HostName, { full }: { full: boolean }): Promise<Range> {
  const [samples, watcher, host] = await Promise.all([makeSamples(), Watcher.start(), OPEN[hostName]()]);
  return {
    attack: async (attack) => {
      const skipped = 'missing' in host ? host.missing : attack.notOn?.[hostName];
      if (skipped !== undefined || 'missing' in host)
        return { ...nothing(attack, hostName), skipped: skipped ?? '' };
      return tried({ attack, host, hostName, full, samples, watcher });
    },
    async close() {
      watcher.close();
      if (!('missing' in host)) await host.close();
    },
  };
}

const TRIES = 3;

/** Does an attack, and does it anew where all that did not hold was time: then the machine may have been busy. */
async function tried(options: RunOptions): Promise<Outcome> {
  const { attack, hostName } = options;
  for (let attempt = 1; ; attempt++) {
    // The service may not even start, or not answer what is right.
    const outcome = await runAttack(options).catch((error: unknown) => ({
      ...nothing(attack, hostName),
      faults: [String(error)],
    }));
    const onlyLate = outcome.late.length > 0 && outcome.late.length === outcome.faults.length;
    if (!onlyLate || attempt === TRIES) {
      return attempt === 1 ? outcome : { ...outcome, notes: [...outcome.notes, `try ${attempt}`] };
    }
  }
}

function nothing({ name }: Attack, host: HostName): Outcome {
  return {
    attack: name,
    host,
    statuses: {},
    silenceMs: 0,
    controlSilenceMs: 0,
    turnMs: undefined,
    memory: { before: 0, peak: 0, after: 0 },
    descriptors: { before: 0, after: 0 },
    seconds: 0,
    notes: [],
    faults: [],
    late: [],
  };
}
