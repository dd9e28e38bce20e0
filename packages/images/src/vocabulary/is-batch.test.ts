import { expect, it } from 'vitest';
import { isBatch } from './is-batch.js';

it.each([
  '2026-05-01',
  '20260501',
  '20260501_1430',
  '01.05.2026',
  '2026',
  'lot 12',
  'Lot12',
  '5 May 2026',
  '000123',
  '2026-05-01T14-30',
])('a folder %s is no kind of defect', (name) => expect(isBatch(name)).toBe(true));

it.each(['1', '02', '123', 'class 1', 'scratch 2026', 'day', 'part', 'crack', 'run out', ''])(
  'a folder "%s" may be one',
  (name) => expect(isBatch(name)).toBe(false),
);

it('numbers go on with a day', () => {
  expect([isBatch('05', true), isBatch('scratch', true)]).toEqual([true, false]);
});
