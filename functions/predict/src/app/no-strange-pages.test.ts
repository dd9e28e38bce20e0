import { describe, expect, it } from 'vitest';
import { newApp } from './new-app.js';
import { noStrangePages } from './no-strange-pages.js';
import type { AppParts } from './parts.js';
import { problem } from './problem.js';

type Parts = Parameters<typeof noStrangePages>[0];
const keys: AppParts['keys'] = { find: async () => undefined };

async function status(parts: Partial<Parts>, headers: Record<string, string>, method = 'POST') {
  const app = newApp();
  app.onError((error, c) => problem(c, error));
  app.use(noStrangePages({ corsOrigins: [], ...parts }));
  app.all('*', (c) => c.body(null, 204));
  return (await app.request('/', { method, headers: { host: '127.0.0.1:8080', ...headers } })).status;
}

describe('a page of another origin', () => {
  const origin = 'https://elsewhere.example';

  it.each([
    { 'sec-fetch-site': 'cross-site', origin },
    { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:3000' },
    { origin },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:3000' },
  ])('changes nothing: %j', async (headers) => {
    expect(await status({}, headers)).toBe(403);
    expect(await status({}, headers, 'GET')).toBe(204);
  });

  it('may do so where its origin is allowed, or where keys are asked for', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', origin };
    expect(await status({ corsOrigins: [origin] }, headers)).toBe(204);
    expect(await status({ corsOrigins: ['https://third.example'] }, headers)).toBe(403);
    expect(await status({ corsOrigins: ['*'] }, headers)).toBe(204);
    expect(await status({ keys }, headers)).toBe(204);
  });
});

it.each([
  {},
  { 'sec-fetch-site': 'same-origin', origin: 'https://behind-a-proxy.example' },
  { 'sec-fetch-site': 'none' },
  { origin: 'http://127.0.0.1:8080' },
])('lets the own page and programs through: %j', async (headers) => {
  expect(await status({ thisMachineOnly: true }, headers)).toBe(204);
});

it.each([
  ['own.example', 204],
  ['OWN.example.:1234', 204],
  ['a.b.below.example', 204],
  ['below.example', 403],
  ['notbelow.example', 403],
  ['port.example:8443', 204],
  ['port.example', 403],
  ['port.example:443', 403],
  ['xn--bcher-kva.example', 204],
  ['localhost', 204],
  ['10.1.2.3:8080', 204],
  ['[fd00::1]:8080', 204],
  ['0x7f000001', 204],
  ['10.1.2.3.example', 403],
  ['own.example@evil.example', 403],
  ['own.example/', 403],
  ['evil.example#own.example', 403],
  ['own.example:99999999', 403],
  ['*', 403],
])('a service with a list of its names, called %s, answers %i', async (host, expected) => {
  const allowedHosts = ['own.example', '*.below.example', 'port.example:8443', 'bücher.example'];
  expect(await status({ allowedHosts }, { host }, 'GET')).toBe(expected);
  expect(await status({ allowedHosts: ['*'] }, { host: 'any.example' }, 'GET')).toBe(204);
  expect(await status({ allowedHosts, keys }, { host }, 'GET')).toBe(expected);
});

it.each(['', '*.', 'https://a.example', 'a.example/x', '*.10.0.0.1', 'a.*.example', 'a b', 'a.example:x'])(
  'takes "%s" for no name of a host',
  (pattern) => {
    expect(() => noStrangePages({ corsOrigins: [], allowedHosts: [pattern] })).toThrow(/is not a host/);
  },
);

it('lets probes read its health, by whatever name', async () => {
  const app = newApp();
  app.onError((error, c) => problem(c, error));
  app.use(noStrangePages({ corsOrigins: [], allowedHosts: [], healthPaths: new Set(['/livez']) }));
  app.all('*', (c) => c.body(null, 204));
  const ask = async (path: string, method: string): Promise<number> =>
    (await app.request(path, { method, headers: { host: 'probe.internal' } })).status;
  expect(await ask('/livez', 'GET')).toBe(204);
  expect(await ask('/livez', 'HEAD')).toBe(204);
  expect(await ask('/livez', 'POST')).toBe(403);
  expect(await ask('/v1/jobs', 'GET')).toBe(403);
});

it.each([
  ['localhost:8080', 204],
  ['cflow.localhost', 204],
  ['127.0.0.2', 204],
  ['[::1]:8080', 204],
  ['rebound.example:8080', 403],
  ['127.0.0.1.example', 403],
  ['localhost.example', 403],
  ['10.1.2.3', 403],
  ['own.example', 204],
])('a service for this machine only, called %s, answers %i', async (host, expected) => {
  const allowedHosts = ['own.example'];
  expect(await status({ thisMachineOnly: true, allowedHosts }, { host }, 'GET')).toBe(expected);
  expect(await status({}, { host }, 'GET')).toBe(204);
});
