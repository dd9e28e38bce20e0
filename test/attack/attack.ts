// `npm run attack`: does to a service what strangers and bad days do, and says what came of it. The exit status is 1 when
// something did not hold.
import { parseArgs } from 'node:util';
import { HOSTS, type HostName } from './attack-types.js';
import { ATTACKS } from './catalog.js';
import { idleFigures } from './idle-figures.js';
import { runAttacks } from './run-attacks.js';
import { tableLines } from './table.js';

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
  const outcomes = await runAttacks({
    attacks,
    hosts,
    full: !values.short,
    onOutcome: (outcome) => console.error(tableLines([outcome]).slice(1).join('\n')),
  });
  const broken = outcomes.filter(({ faults }) => faults.length > 0).length;
  if (values.json) {
    console.log(JSON.stringify({ idle, outcomes }, undefined, 2));
  } else {
    console.log(
      `This machine, idle: a process that does nothing answers in ${idle.medianMs.toFixed(1)} ms (median), ${idle.longestMs.toFixed(1)} ms (longest).`,
    );
    console.log(tableLines(outcomes).join('\n'));
    console.log(
      broken === 0 ? 'Everything held.' : `${broken} of ${outcomes.length} attacks broke something.`,
    );
  }
  return broken === 0 ? 0 : 1;
}

function hostOf(name: string): HostName {
  const host = HOSTS.find((each) => each === name);
  if (!host) throw new Error(`expected one of ${HOSTS.join(', ')} or all, found "${name}"`);
  return host;
}
