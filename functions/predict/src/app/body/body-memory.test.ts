// Over real connections: what all requests together hold, and who is refused before a body is read.
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Inference } from '@cflow/inference';
import { type ServerType, serve } from '@hono/node-server';
import { afterEach, describe, expect, it } from 'vitest';
import { createApp } from '../create-app.js';
import type { AppParts, Limits } from '../parts.js';

const MEGABYTE = 1_000_000;
const LIMITS: Limits = {
  bodyBytes: MEGABYTE,
  bodyMemoryBytes: 3 * MEGABYTE,
  uploadBytes: 8 * MEGABYTE,
  requestTimeoutMs: 20_000,
  bodyTimeoutMs: 20_000,
  slowestBody: { graceMs: 300, bytesPerSecond: 10_000 },
  rate: null,
};

const opened: Socket[] = [];
let server: ServerType | undefined;
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
  (server as unknown as { closeAllConnections(): void })?.closeAllConnections();
  server?.close();
});

/** A service whose images are all good, or whose queue is full. */
async function start(queue = { length: 0, capacity: 8 }, limits: Partial<Limits> = {}): Promise<number> {
  const seen: unknown[] = [];
  const inference = {
    predict: async ({ images }: { images: unknown[] }) => {
      seen.push(...images);
      return [];
    },
    status: () => ({ queue, detectors: [], device: undefined }),
  } as unknown as Inference;
  const silent = (): void => {};
  const parts = {
    version: '0.1.0',
    inference,
    registry: {},
    secret: new Uint8Array(32).fill(7),
    limits: { ...LIMITS, ...limits },
    readiness: { state: 'ready', detail: '' },
    now: Date.now,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    corsOrigins: [],
  } as unknown as AppParts;
  const app = createApp(parts);
  server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0, overrideGlobalObjects: false });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

interface Sender {
  socket: Socket;
  /** What came back until now. */
  text(): string;
  answered(): Promise<string>;
}

async function send(port: number, head: string): Promise<Sender> {
  const socket = connect(port, '127.0.0.1');
  opened.push(socket);
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  await once(socket, 'connect');
  socket.write(
    `POST /v1/detectors/wood/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n${head}\r\n\r\n`,
  );
  return {
    socket,
    text: () => text,
    answered: async () => {
      while (!text.includes('\r\n\r\n')) await once(socket, 'data');
      return text;
    },
  };
}

const declared = `Content-Length: ${MEGABYTE}`;
const CHUNKED = 'Transfer-Encoding: chunked';

describe('bodies of all requests together', () => {
  it('hold no more than the budget: the next one is refused before it is read, until one is done', async () => {
    const port = await start(undefined, { slowestBody: { graceMs: 20_000, bytesPerSecond: 1 } });
    const holders = [await send(port, declared), await send(port, declared), await send(port, declared)];
    const refused = await (await send(port, declared)).answered();
    expect(refused).toMatch(/^HTTP\/1\.1 429 /);
    expect(refused).toMatch(/retry-after: 1/i);
    expect(refused).toContain('"queue-full"');
    expect(holders.map(({ text }) => text())).toEqual(['', '', '']);
    holders[0]?.socket.write(Buffer.alloc(MEGABYTE, 1));
    expect(await holders[0]?.answered()).toMatch(/^HTTP\/1\.1 200 /);
    const next = await send(port, declared);
    next.socket.write(Buffer.alloc(MEGABYTE, 1));
    expect(await next.answered()).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('count what arrives where nothing was announced', async () => {
    const port = await start(undefined, { slowestBody: { graceMs: 20_000, bytesPerSecond: 1 } });
    const [two, one] = [await send(port, declared), await send(port, declared)];
    const chunked = await send(port, CHUNKED);
    const chunk = `7A120\r\n${'x'.repeat(500_000)}\r\n`;
    chunked.socket.write(chunk);
    const another = await send(port, CHUNKED);
    another.socket.write(chunk + chunk);
    expect(await another.answered()).toMatch(/^HTTP\/1\.1 429 /);
    // Whoever was let in goes on.
    chunked.socket.write('0\r\n\r\n');
    expect(await chunked.answered()).toMatch(/^HTTP\/1\.1 200 /);
    expect([two.text(), one.text()]).toEqual(['', '']);
  });

  it('go back when the sender leaves', async () => {
    const port = await start(undefined, { slowestBody: { graceMs: 20_000, bytesPerSecond: 1 } });
    for (let i = 0; i < 3; i++) (await send(port, declared)).socket.destroy();
    const statusOf = async (): Promise<string> => {
      const next = await send(port, declared);
      next.socket.write(Buffer.alloc(MEGABYTE, 1));
      return (await next.answered()).slice(9, 12);
    };
    await expect.poll(statusOf, { timeout: 10_000 }).toBe('200');
  });

  it('are not read when the queue is full', async () => {
    const port = await start({ length: 8, capacity: 8 });
    const answer = await (await send(port, declared)).answered();
    expect(answer).toMatch(/^HTTP\/1\.1 429 /);
    expect(answer).toContain('the queue is full: 8 of 8');
  });

  it.each([declared, CHUNKED])('end when they only trickle in (%s)', async (head) => {
    const port = await start();
    const sender = await send(port, head);
    const drip = setInterval(() => sender.socket.write(head === CHUNKED ? '1\r\nx\r\n' : 'x'), 20);
    const answer = await sender.answered();
    clearInterval(drip);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('at least 10000 bytes of the body per second');
  });
});
