import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { fewInATurn } from './few-in-a-turn.js';

/** What begins, turn by turn, of requests that come all at once. */
async function turnsOf(
  requests: readonly { url: string; socket: { destroyed: boolean } }[],
): Promise<string[][]> {
  const turns: string[][] = [[]];
  const { begin } = fewInATurn(({ url }) => url === '/livez');
  for (const request of requests)
    begin(request as IncomingMessage, () => void turns.at(-1)?.push(request.url));
  for (let count = -1; count !== turns.flat().length; ) {
    count = turns.flat().length;
    turns.push([]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return turns.filter((turn) => turn.length > 0);
}

const request = (url: string, destroyed = false) => ({ url, socket: { destroyed } });
const many = (count: number, of = '') => Array.from({ length: count }, (_, i) => request(`/${of}${i}`));

it('begins a few requests in a turn, in the order in which they came', async () => {
  const turns = await turnsOf(many(100));
  expect(turns.flat()).toEqual(many(100).map(({ url }) => url));
  expect(Math.max(...turns.map(({ length }) => length))).toBeLessThanOrEqual(8);
});

it('begins health checks before what came earlier', async () => {
  const turns = await turnsOf([...many(100), request('/livez')]);
  expect(turns[1]).toContain('/livez');
});

it('lets health checks without end keep nobody out', async () => {
  const turns = await turnsOf([...Array.from({ length: 200 }, () => request('/livez')), ...many(3)]);
  expect(turns.slice(1, 4).flatMap((turn) => turn.filter((url) => url !== '/livez'))).toEqual([
    '/0',
    '/1',
    '/2',
  ]);
});

it('begins nothing for those who have gone while they waited', async () => {
  const gone = Array.from({ length: 50 }, () => request('/gone', true));
  const turns = await turnsOf([...many(8), ...gone, ...many(4, 'after')]);
  expect(turns[1]).toEqual(['/after0', '/after1', '/after2', '/after3']);
});

it('leaves most turns to connections while such come, and begins what waits in between', async () => {
  const begun: string[] = [];
  const { begin, connection } = fewInATurn(({ url }) => url === '/livez');
  const ask = (asked: { url: string }): void =>
    begin(asked as IncomingMessage, () => {
      begun.push(asked.url);
      const until = performance.now() + 1;
      while (performance.now() < until);
    });
  let turns = 0;
  let turnsThatBegan = 0;
  let probed = false;
  for (const each of many(64)) {
    connection();
    ask(each);
  }
  while (begun.filter((url) => url !== '/livez').length < 64) {
    const before = begun.length;
    connection();
    if (turns === 10) ask(request('/livez'));
    await new Promise((resolve) => setImmediate(resolve));
    turns++;
    if (begun.length > before) turnsThatBegan++;
    probed ||= begun.includes('/livez');
    if (turns === 11) expect(probed).toBe(true);
  }
  expect(turnsThatBegan).toBeLessThan(turns / 4);
});
