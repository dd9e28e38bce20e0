import { connect } from 'node:net';
import { Hono } from 'hono';
import { expect, it } from 'vitest';
import { clientAddress } from './client-address.js';
import { startHttpServer } from './http-server.js';

/** What a server takes for the address of whoever sends these lines. */
async function seen(host: string, trustProxy: boolean, ...lines: string[]): Promise<string> {
  const address = clientAddress({ trustProxy });
  const app = new Hono().get('/', (c) => c.text(`<${address(c)}>`));
  const server = await startHttpServer({
    fetch: (request, env) => app.fetch(request, env as never),
    host,
    port: 0,
  });
  const socket = connect(server.port, '127.0.0.1');
  let text = '';
  for await (const chunk of socket.on('connect', () =>
    socket.write(['GET / HTTP/1.1', 'Host: a', 'Connection: close', ...lines, '', ''].join('\r\n')),
  )) {
    text += String(chunk);
  }
  await server.close(0);
  return /<(.*)>/.exec(text)?.[1] as string;
}

it('is that of the connection', async () => {
  expect(await seen('127.0.0.1', false)).toBe('127.0.0.1');
  expect(await seen('127.0.0.1', false, 'X-Forwarded-For: 203.0.113.9')).toBe('127.0.0.1');
});

it.each([
  ['203.0.113.9', '203.0.113.9'],
  ['10.9.9.9, 203.0.113.9', '203.0.113.9'],
  ['203.0.113.9:51234', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:DB8::1', '2001:db8::1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['203.0.113.9, unknown', '127.0.0.1'],
  ['203.0.113.9,', '127.0.0.1'],
  ['999.1.1.1', '127.0.0.1'],
])('is the last that a trusted proxy wrote: %s', async (header, expected) => {
  expect(await seen('127.0.0.1', true, `X-Forwarded-For: ${header}`)).toBe(expected);
});

it('is the last of several headers, and that of the connection without any', async () => {
  const lines = ['X-Forwarded-For: 198.51.100.1', 'X-Forwarded-For: 203.0.113.9'];
  expect(await seen('127.0.0.1', true, ...lines)).toBe('203.0.113.9');
  expect(await seen('127.0.0.1', true)).toBe('127.0.0.1');
});
