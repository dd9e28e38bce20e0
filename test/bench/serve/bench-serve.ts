import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { alternate, type Contender, median } from '../alternate.js';
import { type BenchLine, benchLine } from '../bench-line.js';
import type { Surroundings } from '../compare.js';
import { bareSession } from './bare-session.js';
import { offerLoad } from './offer-load.js';
import { type RunningService, startService } from './running-service.js';
import { type ServeBundle, serveBundle } from './serve-bundle.js';

/** Seconds that a prediction may take: what the service is told, and what the 99th percentile is measured by. */
const DEADLINE_SECONDS = 2;
/** What the delay of the service's event loop is measured by, in milliseconds. */
const EVENT_LOOP_BOUND = 20;

/** The service over HTTP, against the bare session it is made of. Client and service share the machine's cores. */
export async function* benchServe(surroundings: Surroundings): AsyncGenerator<BenchLine> {
  const { folder, log, only, quick, threads } = surroundings;
  const wanted = (name: string): boolean => `serve/${name}`.includes(only);
  const made = await serveBundle(folder);
  const start = async (): Promise<RunningService> =>
    startService({
      folder: await mkdtemp(join(folder, 'store-')),
      bundle: made.bundle,
      threads,
      image: made.images.png,
      arguments: ['--request-timeout', String(DEADLINE_SECONDS)],
    });
  if (wanted('cold-start')) yield await coldStart(start, quick ? 1 : 7, log);
  const service = await start();
  try {
    for (const format of ['jpeg', 'png'] as const) {
      if (wanted(`throughput/${format}`)) yield await throughput(service, made, format, surroundings);
    }
    if (wanted('overload')) yield* overload(service, made, surroundings);
    if (wanted('soak')) yield* soak(service, made, surroundings);
  } finally {
    await service.stop();
  }
}

async function coldStart(
  start: () => Promise<RunningService>,
  rounds: number,
  log: Surroundings['log'],
): Promise<BenchLine> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const service = await start();
    times.push(service.firstScoreMs);
    await service.stop();
  }
  log(
    `serve/cold-start: ${times.map((time) => Math.round(time)).join(', ')} ms from process start to first score`,
  );
  return benchLine('serve/cold-start', 'ms', median(times), 'bound of 1.5 s', 1500);
}

async function throughput(
  service: RunningService,
  { bundle, images }: ServeBundle,
  format: 'jpeg' | 'png',
  { quick, threads, log }: Surroundings,
): Promise<BenchLine> {
  const name = `serve/throughput/${format}`;
  const seconds = quick ? 1 : 5;
  const bare = await bareSession(bundle, images[format], threads, seconds);
  const served: Contender = {
    name: 'cflow serve',
    run: async () => {
      const load = await offerLoad({ url: service.url, image: images[format], seconds, connections: 16 });
      if (load.failed > 0 || load.accepted === 0) throw new Error(`${name}: ${load.failed} requests failed`);
      return 1000 / load.accepted;
    },
  };
  try {
    const effort = quick
      ? { seconds: 0, minRounds: 1, maxRounds: 1 }
      : { seconds: 60, minRounds: 5, maxRounds: 9 };
    const [own, other] = (await alternate([served, bare.contender], effort)) as [number[], number[]];
    const shares = own.map((time, round) => Math.round((100 * other[round]!) / time));
    log(`${name}: ${shares.join(', ')} % of the bare session in each round (${bare.contender.name})`);
    return benchLine(name, 'ms/image', median(own), bare.contender.name, median(other));
  } finally {
    await bare.dispose();
  }
}

/** Twice as many requests as the service can answer, with far more of them open at once than its queue holds. */
async function* overload(
  service: RunningService,
  { images }: ServeBundle,
  { quick, log }: Surroundings,
): AsyncGenerator<BenchLine> {
  const seconds = quick ? 2 : 20;
  const image = images.jpeg;
  const capacity = (await offerLoad({ url: service.url, image, seconds: quick ? 1 : 5, connections: 16 }))
    .accepted;
  const load = await offerLoad({ url: service.url, image, seconds, connections: 256, rate: 2 * capacity });
  const offered = load.accepted + load.refused;
  log(
    `serve/overload: ${Math.round(offered)} requests/s answered (capacity ${Math.round(capacity)}): ` +
      `${Math.round(load.accepted)} accepted, ${Math.round(load.refused)} refused with 429, ${load.failed} failed`,
  );
  if (load.failed > 0) throw new Error(`serve/overload: ${load.failed} requests failed`);
  yield benchLine(
    'serve/overload/accepted',
    'ms/image',
    1000 / load.accepted,
    'the same service at its capacity',
    1000 / capacity,
  );
  yield benchLine('serve/overload/p99-accepted', 'ms', load.p99, 'deadline', 1000 * DEADLINE_SECONDS);
  if (load.refused > 0) {
    yield benchLine(
      'serve/overload/p99-refused',
      'ms',
      load.refusedP99,
      'p99 of accepted requests',
      load.p99,
    );
  }
}

async function* soak(
  service: RunningService,
  { images }: ServeBundle,
  { quick, minutes, log }: Surroundings,
): AsyncGenerator<BenchLine> {
  const slices = quick ? 2 : 20;
  const seconds = quick ? 1 : (60 * minutes) / slices;
  const memory: number[] = [];
  const delays: number[] = [];
  let requests = 0;
  for (let slice = 0; slice < slices; slice++) {
    const load = await offerLoad({ url: service.url, image: images.jpeg, seconds, connections: 16 });
    if (load.failed > 0) throw new Error(`serve/soak: ${load.failed} requests failed`);
    requests += load.accepted * seconds;
    memory.push(await service.memory());
    delays.push(1000 * (await service.metric('nodejs_eventloop_lag_p99_seconds')));
  }
  log(`serve/soak: ${Math.round(requests)} requests in ${((slices * seconds) / 60).toFixed(1)} minutes`);
  log(`  megabytes: ${memory.map((each) => Math.round(each)).join(' ')}`);
  log(`  p99 of the event loop's delay, ms: ${delays.map((each) => each.toFixed(1)).join(' ')}`);
  // The first tenth warms up: allocators and the optimizing compiler take what they will keep.
  const settled = memory.slice(Math.ceil(slices / 10));
  const half = Math.ceil(settled.length / 2);
  yield benchLine(
    'serve/soak/memory',
    'MB',
    median(settled.slice(half - 1)),
    'the first half of the soak',
    median(settled.slice(0, half)),
  );
  yield benchLine('serve/soak/event-loop-delay-p99', 'ms', median(delays), 'bound', EVENT_LOOP_BOUND);
}
