// `npm run attack`: does to a service what strangers and bad days do, and says what came of it. The exit status is 1 when
// something did not hold.
import { parseArgs } from 'node:util';
import { HOSTS, type HostName } from './attack-types.js';
import { ATTACKS } from './catalog.js';
import { idleFigures } from './idle-figures.js';
import type { Outcome } from './outcome.js';
import { openRange } from './range.js';
import { tableLines } from './table.js';
import { processTree } from './watch/process-figures.js';

const USAGE = `npm run attack -- [--host node|postgres|workerd|all] [--only name[,name]] [--short] [--json] [--list]

Starts a service for each attack, does it, and prints a table: answers, how long /livez was silent (in parentheses: a
process beside it that does nothing but answer), the longest turn of the event loop, memory and descriptors before,
at most and after. The exit status is 1 when something did not hold.`;

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: 'node' },
    only: { type: 'string' },
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

// Whoever is told to stop leaves nobody behind: services that compute for ever would.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void processTree(process.pid).then(([, ...children]) => {
      for (const pid of children) endAtOnce(pid);
      process.exit(1);
    });
  });
}

if (values.help) {
  console.log(USAGE);
} else if (values.list) {
  for (const { name, about, short } of ATTACKS)
    console.log(`${name.padEnd(26)} ${short ? 'short ' : 'full  '} ${about}`);
} else {
  process.exitCode = await main();
}

async function main(): Promise<number> {
  const hosts = values.host === 'all' ? [...HOSTS] : values.host.split(',').map(hostOf);
  const only = values.only?.split(',');
  const unknown = only?.filter((name) => !ATTACKS.some((attack) => attack.name === name)) ?? [];
  if (unknown.length > 0)
    throw new Error(`no attack is called ${unknown.join(', ')}; --list says which there are`);
  const attacks = ATTACKS.filter(({ name, short }) => (only ? only.includes(name) : !values.short || short));
  const idle = await idleFigures();
  const outcomes: Outcome[] = [];
  for (const host of hosts) {
    const range = await openRange(host, { full: !values.short });
    try {
      for (const attack of attacks) {
        const outcome = await range.attack(attack);
        outcomes.push(outcome);
        console.error(tableLines([outcome]).slice(1).join('\n'));
      }
    } finally {
      await range.close();
    }
  }
  const broken = outcomes.filter(({ faults }) => faults.length > 0).length;
  if (values.json) {
    console.log(JSON.stringify({ idle, outcomes }, undefined, 2));
  } else {
    console.log(
      `This machine, idle: a process that does nothing answers in ${shownMs(idle.medianMs)} (median), ${shownMs(idle.longestMs)} (longest).`,
    );
    console.log(tableLines(outcomes).join('\n'));
    console.log(
      broken === 0 ? 'Everything held.' : `${broken} of ${outcomes.length} attacks broke something.`,
    );
  }
  return broken === 0 ? 0 : 1;
}

/** What is not a number came to no answer in time: the machine was not idle. */
function shownMs(milliseconds: number | null): string {
  return Number.isFinite(milliseconds) ? `${(milliseconds as number).toFixed(1)} ms` : 'no answer';
}

function endAtOnce(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function hostOf(name: string): HostName {
  const host = HOSTS.find((each) => each === name);
  if (!host) throw new Error(`expected one of ${HOSTS.join(', ')} or all, got "${name}"`);
  return host;
}
