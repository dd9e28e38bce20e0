import { expect, it } from 'vitest';
import { editDistance, nearNames } from './near-names.js';

it('finds names that are spelt nearly the same', () => {
  const names = ['threshold', 'falseAlarmRate', 'pixelThreshold'];
  expect(nearNames('treshold', names)).toEqual(['threshold']);
  expect(nearNames('false_alarm_rate', names)).toEqual(['falseAlarmRate']);
  expect(nearNames('file', names)).toEqual([]);
});

it('finds names under an unexpected prefix', () => {
  expect(nearNames('conv1.weight', ['net.conv1.weight', 'zzz', 'conv1.weights'])).toEqual([
    'net.conv1.weight',
    'conv1.weights',
  ]);
});

it('does not search for a name that nobody can have meant', () => {
  expect(nearNames('a'.repeat(201), ['a'.repeat(200)])).toEqual([]);
});

it('counts edits', () => {
  expect(editDistance('kitten', 'sitting')).toBe(3);
  expect(editDistance('', 'abc')).toBe(3);
  expect(editDistance('abc', 'abc')).toBe(0);
});
