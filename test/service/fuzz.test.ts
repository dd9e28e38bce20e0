// Ten thousand malformed requests against a running service: it refuses each in words, stays up, does not grow, and
// still gives the score that it gave before.
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFolderBundle } from '@cflow/detector/node';
import { makeBundle, testImage } from '@cflow/detector/testing';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Malformed, malformedRequest } from './fuzz/malformed-requests.js';
import { Random } from './fuzz/random.js';
import { type ServiceProcess, startServiceProcess } from './service-process.js';

const REQUESTS = Number(process.env.CFLOW_FUZZ_REQUESTS ?? 10_000);
const SEED = Number(process.env.CFLOW_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
const AT_ONCE = 16;
/** Allocators keep what a burst took; a leak of a few kilobytes per request would be more. */
const MOST_GROWTH = 100e6;

let folder: string;
let service: ServiceProcess;
let png: Uint8Array;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-fuzz-'));
  const bundle = join(folder, 'wood.cflow');
  await writeFolderBundle(bundle, await makeBundle({ name: 'wood' }));
  const { data, width, height } = testImage(1);
  png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  service = await startServiceProcess([
    bundle,
    '--store',
    join(folder, 'store'),
    '--fetch-hosts',
    '*',
    '--log',
    'error',
  ]);
  await service.ready();
});

afterAll(async () => {
  await service?.kill();
  await rm(folder, { recursive: true, force: true });
});

describe('malformed requests', () => {
  it(`are refused, ${REQUESTS} of them (seed ${SEED})`, async () => {
    const before = await scoreOf();
    const random = new Random(SEED);
    const statuses = new Map<number, number>();
    const wrong: string[] = [];
    let memory = 0;
    const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    for (let done = 0; done < REQUESTS; done += AT_ONCE) {
      const batch = Array.from({ length: AT_ONCE }, () => malformedRequest(random, { png }));
      const answers = await Promise.all(batch.map((each) => send(each, agent)));
      answers.forEach(({ status, text }, i) => {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status >= 500 && status !== 503)
          wrong.push(`${status} to ${describeRequest(batch[i] as Malformed)}: ${text}`);
        if (text.includes(folder))
          wrong.push(
            `a path of the server in the answer to ${describeRequest(batch[i] as Malformed)}: ${text}`,
          );
      });
      // What it takes in the first quarter is what it takes.
      if (done < REQUESTS / 4) memory = await service.memory();
    }
    agent.destroy();
    console.info(
      `answers: ${[...statuses]
        .sort(([a], [b]) => a - b)
        .map(([status, count]) => `${count} x ${status || 'closed'}`)
        .join(', ')}`,
    );
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(service.child.exitCode).toBeNull();
    expect((await service.memory()) - memory).toBeLessThan(MOST_GROWTH);
    expect(await scoreOf()).toEqual(before);
    // Most of them must have met the checks of a route, not only "nothing here".
    expect((statuses.get(400) ?? 0) + (statuses.get(422) ?? 0)).toBeGreaterThan(REQUESTS / 5);
    // Nothing was done on behalf of any of them.
    const { jobs } = (await (await fetch(`${service.url}/v1/jobs`)).json()) as { jobs: unknown[] };
    expect(jobs).toEqual([]);
  }, 600_000);
});

async function scoreOf(): Promise<unknown> {
  const answer = await fetch(`${service.url}/v1/detectors/wood/predict`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: png,
  });
  const { predictions } = (await answer.json()) as { predictions: { score: number }[] };
  return predictions.map(({ score }) => score);
}

interface Answer {
  /** 0 where the connection was closed without one. */
  status: number;
  text: string;
}

function send(malformed: Malformed, agent: Agent): Promise<Answer> {
  return malformed.kind === 'bytes' ? sendBytes(malformed.bytes) : sendRequest(malformed, agent);
}

function sendRequest(
  { method, path, headers, body }: Extract<Malformed, { kind: 'request' }>,
  agent: Agent,
): Promise<Answer> {
  const { hostname, port } = new URL(service.url);
  return new Promise((resolve) => {
    const outgoing = request({ hostname, port, method, path, headers, agent }, (incoming) => {
      const chunks: Buffer[] = [];
      const finish = (): void =>
        resolve({
          status: incoming.statusCode ?? 0,
          text: Buffer.concat(chunks).toString('utf8').slice(0, 2000),
        });
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', finish);
      incoming.on('error', finish);
    });
    outgoing.on('error', () => resolve({ status: 0, text: '' }));
    outgoing.setTimeout(60_000, () => outgoing.destroy());
    outgoing.end(body);
  });
}

/** Sends bytes, says no more, and waits for what comes. */
function sendBytes(bytes: Uint8Array | string): Promise<Answer> {
  const { hostname, port } = new URL(service.url);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    socket.on('data', (data) => {
      text += data.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () =>
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text: text.slice(0, 2000) }),
    );
    socket.setTimeout(60_000, () => socket.destroy());
  });
}

function describeRequest(malformed: Malformed): string {
  if (malformed.kind === 'bytes')
    return JSON.stringify(Buffer.from(malformed.bytes).toString('latin1').slice(0, 200));
  const { method, path, headers, body } = malformed;
  return `${method} ${path} ${JSON.stringify(headers)} ${typeof body === 'string' ? body.slice(0, 400) : `${body?.length ?? 0} bytes`}`;
}
