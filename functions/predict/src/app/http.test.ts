// What only a real connection shows: bodies in chunks, clients that go, answers before the body has arrived.
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Inference } from '@cflow/inference';
import { type ServerType, serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestService, jsonBody, type TestService, testPng } from '../testing/test-service.js';
import { createApp } from './create-app.js';

let service: TestService;
let server: ServerType;
let port: number;
/** Told of each signal that a prediction was given, when predictions are to wait. */
let waiting: ((signal: AbortSignal) => void) | undefined;

beforeAll(async () => {
  service = await createTestService();
  const { parts } = service;
  const inference: Inference = {
    predict: (request) => {
      if (!waiting) return parts.inference.predict(request);
      waiting(request.signal);
      return new Promise((_, reject) =>
        request.signal.addEventListener('abort', () => reject(request.signal.reason)),
      );
    },
    load: (...given) => parts.inference.load(...given),
    status: () => parts.inference.status(),
    close: () => parts.inference.close(),
  };
  const limits = { ...parts.limits, bodyTimeoutMs: 300 };
  const app = createApp({ ...parts, inference, limits });
  server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0, overrideGlobalObjects: false });
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  (server as unknown as { closeAllConnections(): void }).closeAllConnections();
  server.close();
  await service.close();
});

const address = (path: string): string => `http://127.0.0.1:${port}${path}`;
const WOOD = '/v1/detectors/wood/predict';

/** Sends bytes as they are, and gives what comes back until the server closes or the text is whole. */
async function raw(write: (socket: Socket) => void, until: RegExp): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    if (until.test(text)) socket.destroy();
  });
  await once(socket, 'connect');
  write(socket);
  await once(socket, 'close');
  return text;
}

const chunkedHead = `POST ${WOOD} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n`;

describe('over a connection', () => {
  it('an image is scored, also when it comes in chunks', async () => {
    const png = await testPng(1);
    const whole = await fetch(address(WOOD), {
      method: 'POST',
      body: png,
      headers: { 'content-type': 'image/png' },
    });
    const body = new ReadableStream({
      start(controller) {
        for (let at = 0; at < png.length; at += 100) controller.enqueue(png.subarray(at, at + 100));
        controller.close();
      },
    });
    const init = {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'content-type': 'image/png' },
    } as RequestInit;
    const chunked = await fetch(address(WOOD), init);
    const [a, b] = (await Promise.all([whole.json(), chunked.json()])) as {
      predictions: { score: number }[];
    }[];
    expect(a?.predictions[0]?.score).toBeTypeOf('number');
    expect(b?.predictions[0]?.score).toBe(a?.predictions[0]?.score);
  });

  it('a body that grows too large is answered, and not read to its end', async () => {
    let sent = 0;
    const answer = await raw((socket) => {
      socket.write(chunkedHead);
      const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
      const timer = setInterval(() => {
        if (socket.destroyed) return clearInterval(timer);
        sent += 0x10000;
        socket.write(chunk);
      }, 1);
    }, /payload-too-large/);
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*payload-too-large/s);
    expect(sent).toBeLessThan(64 * 2 ** 20);
  });

  it('a body that stops arriving is answered 408', async () => {
    const answer = await raw((socket) => socket.write(`${chunkedHead}5\r\nhello\r\n`), /"timeout"/);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('a client that goes ends the prediction', async () => {
    const began = new Promise<AbortSignal>((resolve) => {
      waiting = resolve;
    });
    const client = new AbortController();
    const answer = fetch(address(WOOD), {
      method: 'POST',
      body: await testPng(1),
      headers: { 'content-type': 'image/png' },
      signal: client.signal,
    }).catch(() => 'gone');
    const signal = await began;
    expect(signal.aborted).toBe(false);
    client.abort();
    expect(await answer).toBe('gone');
    if (!signal.aborted) await once(signal, 'abort');
    expect(signal.aborted).toBe(true);
    waiting = undefined;
  });

  it('a client that leaves in the middle of its body leaves no trace', async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    service.logged.length = 0;
    socket.write(`${chunkedHead}5\r\nhello\r\n`);
    socket.destroy();
    await expect.poll(() => service.logged.length, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(service.logged).toMatchObject([{ message: 'client gone', fields: { status: 499 } }]);
  });

  it('a watcher that goes makes room', async () => {
    const made = await fetch(
      address('/v1/jobs'),
      jsonBody({ name: 'wood', dataSet: { path: 'data-sets/wood.zip' } }),
    );
    const { id } = (await made.json()) as { id: string };
    // Twice as many as may watch at once, one after the other.
    for (let i = 0; i < 200; i++) {
      const watcher = new AbortController();
      const response = await fetch(address(`/v1/jobs/${id}/events`), { signal: watcher.signal });
      if (response.status === 429) {
        // The server has not heard yet of some that went.
        await response.arrayBuffer();
        await new Promise((resolve) => setTimeout(resolve, 20));
        i--;
        continue;
      }
      expect(response.status).toBe(200);
      watcher.abort();
    }
    await service.parts.jobs?.cancel(id);
  });

  it('a file comes with its length, and in part', async () => {
    const path = address('/v1/detectors/wood/versions/latest/files/head.onnx');
    const head = await fetch(path, { method: 'HEAD' });
    const whole = await fetch(path);
    const size = (await whole.arrayBuffer()).byteLength;
    expect([head.headers.get('content-length'), whole.headers.get('content-length')]).toEqual([
      `${size}`,
      `${size}`,
    ]);
    const part = await fetch(path, { headers: { range: 'bytes=5-9' } });
    expect([part.status, part.headers.get('content-length'), (await part.arrayBuffer()).byteLength]).toEqual([
      206,
      '5',
      5,
    ]);
  });
});
