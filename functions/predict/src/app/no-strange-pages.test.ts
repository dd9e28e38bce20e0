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
  ['localhost:8080', 204],
  ['cflow.localhost', 204],
  ['127.0.0.2', 204],
  ['[::1]:8080', 204],
  ['rebound.example:8080', 403],
  ['127.0.0.1.example', 403],
  ['localhost.example', 403],
])('a service for this machine only, called %s, answers %i', async (host, expected) => {
  expect(await status({ thisMachineOnly: true }, { host }, 'GET')).toBe(expected);
  expect(await status({}, { host }, 'GET')).toBe(204);
});
