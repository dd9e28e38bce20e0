import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type HttpServerOptions, type RunningHttpServer, startHttpServer } from './http-server.js';
import { mostConnections } from './most-connections.js';

const LARGE = new Uint8Array(12_000_000);
const opened: Socket[] = [];
const running: RunningHttpServer[] = [];
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  for (const server of running.splice(0)) await server.close(0);
});

/** `/` answers at once, `/later` in a moment, `/large` with 12 MB, `/slow` when it is told to, `/body` when the body has come. */
async function start(connections: HttpServerOptions['connections'] = {}) {
  let finish = (): void => {};
  const slow = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    connections,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === '/slow') await slow;
      // When whatever came with the head has been read.
      if (pathname === '/later') await new Promise((resolve) => setTimeout(resolve, 50));
      if (pathname === '/body') {
        let [bytes, chunks] = [0, 0];
        const reader = request.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
        for (let next = await reader.read(); !next.done; next = await reader.read()) {
          bytes += next.value.length;
          chunks++;
        }
        return Response.json({ bytes, chunks });
      }
      return new Response(pathname === '/large' ? LARGE : 'here');
    },
  });
  running.push(server);
  return { port: server.port, server, finish };
}

/** A connection that never ends by itself, also when the other side has. */
async function open(port: number, text = ''): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  opened.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return socket;
}

/** What is read until the connection is closed by the other side, for good. */
async function untilClosed(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.resume();
  await new Promise<void>((resolve) => {
    socket.once('close', resolve);
    // A connection that is only half closed takes what is written to it; one that is gone resets.
    socket.once('end', () => {
      const probe = setInterval(() => socket.write('x'), 50);
      socket.once('close', () => clearInterval(probe));
    });
  });
  return text;
}

async function get(port: number, path = '/'): Promise<string> {
  const socket = await open(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  await once(socket, 'end');
  return text;
}

describe('a connection that is refused', () => {
  it.each([
    ['no HTTP', 'nonsense\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['a head that is too large', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
  ])('is answered and gone, whatever the other side does: %s', async (_, text, answer) => {
    const { port } = await start();
    expect(await untilClosed(await open(port, text))).toMatch(answer);
  });

  it('is answered whole, also while its body is still on its way', async () => {
    const { port } = await start();
    const socket = await open(port, 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n');
    const sending = setInterval(() => socket.writable && socket.write(Buffer.alloc(65_536)), 5);
    const text = await untilClosed(socket);
    clearInterval(sending);
    expect(text).toMatch(/^HTTP\/1\.1 200 .*connection: close.*here$/is);
  });
});

describe('more connections than there may be', () => {
  it.each([
    ['have asked for nothing', ''],
    ['have not finished their head', 'GET / HTTP/1.1\r\nHost: localhost\r\n'],
    ['do not finish their body', 'POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx'],
    ['are idle', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['do not read', 'GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ])('do not keep new ones from being answered, when they %s', async (_, text) => {
    const { port } = await start({ most: 20 });
    const served = await open(port, 'GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n');
    for (let i = 0; i < 60; i++) {
      const socket = await open(port, text);
      socket.pause();
      if (i % 10 === 9) expect(await get(port)).toMatch(/^HTTP\/1\.1 200 /);
    }
    // What is worked on is not given up for anybody.
    expect(served.destroyed).toBe(false);
  });

  it('are closed when all that there are is being worked on', async () => {
    const { port, finish } = await start({ most: 4 });
    const served: Promise<string>[] = [];
    for (let i = 0; i < 4; i++) {
      served.push(get(port, '/slow'));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await untilClosed(await open(port))).toBe('');
    finish();
    for (const answer of await Promise.all(served)) expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('who does not read', () => {
  it.each([
    ['makes no progress', { answerIdleMs: 300 }],
    ['is too slow', { slowestReader: { graceMs: 100, bytesPerSecond: 1e12 } }],
  ])('is gone when it %s', async (_, limits) => {
    const { port } = await start(limits);
    const socket = await open(port, 'GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect((await untilClosed(socket)).length).toBeLessThan(LARGE.length);
  });

  it('may read later what takes long to be worked out', async () => {
    const { port, finish } = await start({ answerIdleMs: 200 });
    const answer = get(port, '/slow');
    await new Promise((resolve) => setTimeout(resolve, 900));
    finish();
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
  });
});

it('keeps a connection whose body nobody wanted for what is asked on it next', async () => {
  const { port, finish } = await start();
  const head = (method: string, path: string, more = '') =>
    `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
  const socket = await open(port, `${head('POST', '/later', 'Content-Length: 2\r\n')}{}`);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  await expect.poll(() => text).toContain('here');
  expect(text).not.toMatch(/^connection: close/im);
  socket.write(head('GET', '/slow'));
  // Longer than the adapter waits for the end of a body.
  await new Promise((resolve) => setTimeout(resolve, 900));
  finish();
  await expect.poll(() => text.split('here').length).toBe(3);
});

it('leaves nothing when it is closed', async () => {
  const { port, server } = await start();
  const sockets = [
    await open(port),
    await open(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    await open(port, 'POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx'),
    await open(port, 'nonsense\r\n\r\n'),
    await open(port, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n'),
  ];
  const closed = Promise.all(sockets.map(untilClosed));
  await server.close(100);
  await closed;
  await expect(open(port)).rejects.toThrow('ECONNREFUSED');
});

it('has as many connections as file descriptors leave', () => {
  expect([256, 1024, 4096, 1_048_576].map((descriptors) => mostConnections(undefined, descriptors))).toEqual([
    128, 512, 3584, 8192,
  ]);
  expect(mostConnections(100, 1024)).toBe(100);
  expect(() => mostConnections(1000, 1024)).toThrow('expected at most 512');
});

it('reads small chunks joined, not one by one', async () => {
  const { port } = await start();
  const head =
    'POST /body HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
  const socket = await open(port, head);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  const count = 50_000;
  socket.write(`${'1\r\nx\r\n'.repeat(count)}0\r\n\r\n`);
  await once(socket, 'end');
  const { bytes, chunks } = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as {
    bytes: number;
    chunks: number;
  };
  expect(bytes).toBe(count);
  expect(chunks).toBeLessThan(count / 100);
});

describe('requests that wait for no answer', () => {
  const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

  it('are answered one after the other, in the order in which they were asked', async () => {
    const { port } = await start();
    const last = request('/large').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
    const text = await untilClosed(await open(port, request('/later') + request('/').repeat(10) + last));
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(12);
    expect(text.lastIndexOf('here')).toBeLessThan(text.length - LARGE.length);
  });

  it('are refused from the one on that is too many, and what has been accepted is answered', async () => {
    const { port } = await start();
    const text = await untilClosed(await open(port, request('/later') + request('/').repeat(20_000)));
    const statuses = text.match(/HTTP\/1\.1 \d{3}/g) ?? [];
    expect(statuses.slice(0, -1)).toEqual(Array(1 + 16).fill('HTTP/1.1 200'));
    expect(statuses.at(-1)).toBe('HTTP/1.1 429');
    expect(await get(port)).toContain('here');
  });
});
