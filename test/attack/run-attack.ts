import type { Attack, HostName } from './attack-types.js';
import { type Answer, Client } from './client/client.js';
import type { Host, RunningHost } from './hosts/host.js';
import {
  MOST_GROWTH_MB,
  MOST_KEPT,
  MOST_NEW_DESCRIPTORS,
  MOST_SILENCE_MS,
  SETTLE_SECONDS,
} from './limits.js';
import { longestTurn } from './longest-turn.js';
import type { Outcome } from './outcome.js';
import { publish } from './publish.js';
import type { Samples } from './samples.js';
import { descriptors, processTree, residentBytes } from './watch/process-figures.js';
import type { Watcher } from './watch/watcher.js';

export interface RunOptions {
  attack: Attack;
  host: Host;
  hostName: HostName;
  full: boolean;
  samples: Samples;
  watcher: Watcher;
}

const MEGABYTE = 1e6;
/** A service whose memory grows by less in a few requests is warm. */
const STEADY = 1.02;
const MOST_STEADYING = 12;
/** Times that one request of the warm-up is told to come again. */
const MOST_WAITS = 10;

/** Starts a service, lets it warm up, attacks it, and says what came of it. */
export async function runAttack({
  attack,
  host,
  hostName,
  full,
  samples,
  watcher,
}: RunOptions): Promise<Outcome> {
  const began = performance.now();
  const notes: string[] = [];
  const faults: string[] = [];
  const late: string[] = [];
  const running = await host.start(attack.service ?? {}, samples);
  const headers = operatorHeaders(running);
  const operator = new Client(running.url, [running.folder], headers);
  const client = new Client(running.url, [running.folder], headers);
  try {
    // The Worker has no jobs.
    await warmUp(operator, samples, {
      jobs: attack.jobs === true && hostName !== 'workerd',
      memory: async () => (await figures(running.pid)).memory,
    });
    await longestTurn(operator);
    const before = await figures(running.pid);
    watcher.begin(running.url, running.pid);
    await attack
      .run({
        hostName,
        host: running,
        client,
        samples,
        full,
        fault: (words) => void faults.push(words),
        note: (words) => void notes.push(words),
      })
      .catch((error: unknown) => void faults.push(`the attack could not go on: ${String(error)}`));
    client.close();
    const watched = await watcher.end();
    const end = running.ended();
    if (end && attack.mayEnd === undefined) {
      faults.push(
        `the process ended with ${end.signal ?? `exit code ${end.code}`}: ${running.log().slice(-500)}`,
      );
    }
    const turnMs = end ? undefined : await longestTurn(operator);
    const after = end
      ? before
      : await settled(operator, {
          pid: running.pid,
          before,
          png: hostName === 'workerd' ? samples.png : undefined,
        });
    const silence = Math.round(watched.service.longestSilence - watched.control.longestSilence);
    if (!end && silence > MOST_SILENCE_MS[hostName])
      late.push(`/livez was silent for ${silence} ms more than a process beside it`);
    const growth = Math.round((watched.peakMemory - before.memory) / MEGABYTE);
    const most = attack.mostGrowthMb ?? MOST_GROWTH_MB;
    if (growth > most) faults.push(`expected at most ${most} MB of memory more than before, got ${growth}`);
    if (after.memory > MOST_KEPT * before.memory) {
      faults.push(
        `of ${Math.round(after.memory / MEGABYTE)} MB that it still has, ${Math.round(before.memory / MEGABYTE)} were there before`,
      );
    }
    if (after.descriptors > before.descriptors + MOST_NEW_DESCRIPTORS) {
      faults.push(`${after.descriptors - before.descriptors} descriptors more than before`);
    }
    if (attack.mostTurnMs !== undefined && turnMs !== undefined) {
      const own = turnMs - watched.control.longestSilence;
      if (own > attack.mostTurnMs) late.push(`a turn of the event loop took ${Math.round(turnMs)} ms`);
    }
    return {
      attack: attack.name,
      host: hostName,
      statuses: Object.fromEntries([...client.statuses].sort(([a], [b]) => a - b)),
      silenceMs: Math.round(watched.service.longestSilence),
      controlSilenceMs: Math.round(watched.control.longestSilence),
      turnMs: turnMs && Math.round(turnMs),
      memory: { before: before.memory, peak: watched.peakMemory, after: after.memory },
      descriptors: { before: before.descriptors, after: after.descriptors },
      seconds: Math.round((performance.now() - began) / 1000),
      notes,
      faults: [...faults, ...late, ...client.faults],
      late,
    };
  } finally {
    client.close();
    operator.close();
    await running.stop();
  }
}

function operatorHeaders({ keys }: RunningHost): Record<string, string> {
  const key = keys.get('operator');
  return key === undefined ? {} : { 'x-api-key': key };
}

/** What any service has seen after its first minutes: a detector, predictions, a body that is refused. */
async function warmUp(
  operator: Client,
  samples: Samples,
  { jobs, memory }: { jobs: boolean; memory(): Promise<number> },
): Promise<void> {
  const published = await publish(operator, 'wood', samples.bundle);
  if (published.status !== 201)
    throw new Error(`the detector was not taken: ${published.status} ${published.text}`);
  const predictions = async (rounds: number): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => whenTaken(operator, samples.png)));
      const wrong = answers.find(({ status }) => status !== 200);
      if (wrong) throw new Error(`the detector does not answer: ${wrong.status} ${wrong.text}`);
    }
  };
  await predictions(6);
  if (jobs) {
    const ask = (): Promise<Answer> =>
      operator.json('/v1/jobs', { name: 'warm', dataSet: { path: 'data-sets/none.zip' } });
    let made = await ask();
    // The database opens with the first who asks, and may take longer than one request does.
    for (let attempt = 0; attempt < 5 && made.status >= 500; attempt++) made = await ask();
    if (made.status !== 202) throw new Error(`no job was taken: ${made.status} ${made.text}`);
    await operator.json(`/v1/jobs/${(JSON.parse(made.text) as { id: string }).id}/cancel`, {});
  }
  for (let round = 0; round < 2; round++) await operator.predict(new Uint8Array(6e6));
  // Engines take their heap bit by bit, whatever is asked of them: what grows by itself is not what an attack leaves.
  for (let round = 0, before = 0; round < MOST_STEADYING; round++) {
    const now = await memory();
    if (now < STEADY * before) break;
    before = now;
    await predictions(2);
    await operator.predict(new Uint8Array(6e6));
  }
}

/** A prediction that waits where a service has a rate: warming up may take more requests than it allows at once. */
async function whenTaken(operator: Client, png: Uint8Array): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await operator.predict(png);
    if (answer.status !== 429 || attempt === MOST_WAITS) return answer;
    const seconds = Number(answer.headers['retry-after'] ?? 1);
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  }
}

interface Figures {
  memory: number;
  descriptors: number;
}

async function figures(pid: number): Promise<Figures> {
  return { memory: await residentBytes(await processTree(pid)), descriptors: await descriptors(pid) };
}

/**
 * The figures as soon as they are as before, or when there was time enough for that.
 *
 * @param png Predicted meanwhile, where nothing else makes the engine collect
 */
async function settled(
  operator: Client,
  { pid, before, png }: { pid: number; before: Figures; png: Uint8Array | undefined },
): Promise<Figures> {
  const deadline = performance.now() + SETTLE_SECONDS * 1000;
  for (;;) {
    const now = await figures(pid);
    const back =
      now.memory <= MOST_KEPT * before.memory && now.descriptors <= before.descriptors + MOST_NEW_DESCRIPTORS;
    if (back || performance.now() > deadline) return now;
    await new Promise((resolve) => setTimeout(resolve, 250));
    // As whoever looks after services does: one that nobody asks anything collects no garbage.
    await operator.ask('/livez');
    if (png) await operator.predict(png);
  }
}
