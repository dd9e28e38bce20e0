import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startTelemetry } from '@cflow/telemetry';
import { alternate, type Contender, median, quantile } from '../alternate.js';
import { type BenchLine, benchLine } from '../bench-line.js';
import type { Surroundings } from '../compare.js';
import { type RunningService, startService } from '../serve/running-service.js';
import { serveBundle } from '../serve/serve-bundle.js';

const REQUESTS = 16;
const WARM_UP = 400;
const OFF = 'the same service without OTEL_*';

/** What recording every request costs: the same service twice, of which one sends traces and metrics to a receiver here. */
export async function* benchTracing(surroundings: Surroundings): AsyncGenerator<BenchLine> {
  const { folder, quick, threads, log } = surroundings;
  const { bundle, images } = await serveBundle(folder);
  const receiver = await startReceiver();
  const start = async (env: Record<string, string>): Promise<RunningService> =>
    startService({
      folder: await mkdtemp(join(folder, 'store-')),
      bundle,
      threads,
      image: images.jpeg,
      env,
    });
  const traced = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  const plain = await start({});
  const processor = { traced: [] as number[], plain: [] as number[] };
  const contender = (name: keyof typeof processor, service: RunningService): Contender => ({
    name,
    run: async () => {
      const before = await service.processorMs();
      const began = performance.now();
      for (let i = 0; i < REQUESTS; i++) await predict(service.url, images.jpeg);
      const elapsed = performance.now() - began;
      processor[name].push(((await service.processorMs()) - before) / REQUESTS);
      return elapsed / REQUESTS;
    },
  });
  try {
    // Code that has run a few hundred times is compiled; before that, recording costs several times as much.
    for (const { url } of [traced, plain])
      for (let i = 0; i < (quick ? 1 : WARM_UP); i++) await predict(url, images.jpeg);
    const effort = quick
      ? { seconds: 0, minRounds: 1, maxRounds: 1 }
      : { seconds: 180, minRounds: 30, maxRounds: 80 };
    const [on, off] = [contender('traced', traced), contender('plain', plain)];
    // One goes first as often as the other.
    const [a, b, c, d] = (await alternate([on, off, off, on], effort)) as [
      number[],
      number[],
      number[],
      number[],
    ];
    yield compared('tracing/request', joined(a, d), joined(b, c));
    // The first round warms up.
    const used = (name: keyof typeof processor): number[] => {
      const all = processor[name].slice(2);
      return joined(
        all.filter((_, i) => i % 2 === 0),
        all.filter((_, i) => i % 2 === 1),
      );
    };
    yield compared('tracing/processor-time', used('traced'), used('plain'));
    const spans = await spansOfRequest(receiver.url, quick ? 20 : 2000);
    yield benchLine(
      'tracing/spans',
      'ms/image',
      spans,
      'processor time of a whole request',
      median(used('plain')),
    );
    log(`${receiver.posts()} posts to the receiver, ${a.length} rounds of ${2 * REQUESTS} requests to each`);
    if (receiver.posts() === 0) throw new Error('nothing was traced');
  } finally {
    await traced.stop();
    await plain.stop();
    receiver.close();
  }
}

/** The means of two turns in each round. */
const joined = (first: readonly number[], second: readonly number[]): number[] =>
  first.map((time, i) => (time + second[i]!) / 2);

function compared(name: string, on: readonly number[], off: readonly number[]): BenchLine {
  const ratios = on.map((time, i) => off[i]! / time);
  const spread = [quantile(ratios, 0.25), quantile(ratios, 0.75)] as const;
  return benchLine(name, 'ms/image', median(on), OFF, median(off), spread);
}

/** Milliseconds of processor time for the spans of one request, their way to the receiver included. */
async function spansOfRequest(url: string, requests: number): Promise<number> {
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = url;
  const telemetry = await startTelemetry({
    env: process.env,
    name: 'bench',
    version: '0',
    onError: () => {},
  });
  const record = (): void => {
    const root = telemetry?.startTrace?.('POST', {
      answers: true,
      attributes: { 'http.request.method': 'POST' },
    });
    for (const name of ['read', 'detector']) root?.begin(name).end();
    const image = root?.begin('image', { attributes: { 'cflow.image': 0 } });
    for (const name of ['prepare', 'queue', 'finish']) image?.begin(name).end();
    const batch = image?.begin('batch', { attributes: { 'cflow.batch.images': 1, 'cflow.device': 'cpu' } });
    for (const name of ['backbone', 'head'])
      batch?.begin(name, { attributes: { 'cflow.batch.size': 1 } }).end();
    for (const each of [batch, image, root]) each?.end();
  };
  const run = async (): Promise<number> => {
    const before = process.cpuUsage();
    for (let i = 0; i < requests; i++) {
      record();
      if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / requests;
  };
  await run();
  const milliseconds = await run();
  await telemetry?.close();
  return milliseconds;
}

async function predict(url: string, image: Uint8Array): Promise<void> {
  const answer = await fetch(`${url}/v1/detectors/wood/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: image,
  });
  if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
  await answer.arrayBuffer();
}

async function startReceiver(): Promise<{ url: string; posts(): number; close(): void }> {
  let posts = 0;
  const server = createServer((request, response) => {
    posts++;
    request.resume();
    request.on('end', () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts: () => posts,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
