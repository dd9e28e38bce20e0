import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { alternate, type Contender, median, quantile } from '../alternate.js';
import { type BenchLine, benchLine } from '../bench-line.js';
import type { Surroundings } from '../compare.js';
import { type RunningService, startService } from '../serve/running-service.js';
import { serveBundle } from '../serve/serve-bundle.js';

const REQUESTS = 16;
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
  first.map((time, i) => (time + (second[i] as number)) / 2);

function compared(name: string, on: readonly number[], off: readonly number[]): BenchLine {
  const ratios = on.map((time, i) => (off[i] as number) / time);
  const spread = [quantile(ratios, 0.25), quantile(ratios, 0.75)] as const;
  return benchLine(name, 'ms/image', median(on), OFF, median(off), spread);
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
