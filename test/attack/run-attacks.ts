import type { Attack, HostName } from './attack-types.js';
import type { Host } from './hosts/host.js';
import { nodeHost } from './hosts/node-host.js';
import { postgresHost } from './hosts/postgres-host.js';
import { workerdHost } from './hosts/workerd-host.js';
import type { Outcome } from './outcome.js';
import { type RunOptions, runAttack } from './run-attack.js';
import { makeSamples } from './samples.js';
import { Watcher } from './watch/watcher.js';

export interface RunAttacksOptions {
  attacks: readonly Attack[];
  hosts: readonly HostName[];
  full: boolean;
  /** Told of each outcome as it is there. */
  onOutcome?(outcome: Outcome): void;
}

const OPEN: Readonly<Record<HostName, () => Promise<Host | { missing: string }>>> = {
  node: nodeHost,
  postgres: postgresHost,
  workerd: workerdHost,
};

/** Runs attacks one after another on one host after another. */
export async function runAttacks({ attacks, hosts, full, onOutcome }: RunAttacksOptions): Promise<Outcome[]> {
  const samples = await makeSamples();
  const watcher = await Watcher.start();
  const outcomes: Outcome[] = [];
  const add = (outcome: Outcome): void => {
    outcomes.push(outcome);
    onOutcome?.(outcome);
  };
  try {
    for (const hostName of hosts) {
      const host = await OPEN[hostName]();
      try {
        for (const attack of attacks) {
          const reason = 'missing' in host ? host.missing : attack.notOn?.[hostName];
          if (reason !== undefined || 'missing' in host) {
            add({ ...nothing(attack, hostName), skipped: reason ?? '' });
            continue;
          }
          add(await tried({ attack, host, hostName, full, samples, watcher }));
        }
      } finally {
        if (!('missing' in host)) await host.close();
      }
    }
  } finally {
    watcher.close();
  }
  return outcomes;
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
