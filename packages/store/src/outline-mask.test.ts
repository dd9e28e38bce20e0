import { expect, it } from 'vitest';
import { outlineMask } from './outline-mask.js';

const rows = (bytes: Uint8Array, width: number, header: string): string[] => {
  expect(new TextDecoder().decode(bytes.subarray(0, header.length))).toBe(header);
  const pixels = [...bytes.subarray(header.length)].map((value) => (value === 255 ? '#' : '.')).join('');
  return pixels.match(new RegExp(`.{${width}}`, 'g')) ?? [];
};

it('fills what lies inside of the outlines, and nothing beside them', () => {
  const square = [
    [1, 1],
    [4, 1],
    [4, 3],
    [1, 3],
  ] as [number, number][];
  const mask = outlineMask({ width: 6, height: 4, outlines: [square] });
  expect(rows(mask, 6, 'P5\n6 4\n255\n')).toEqual(['......', '.###..', '.###..', '......']);
});

it('scales to another size, and cuts what reaches beyond the picture', () => {
  const triangle = [
    [0, 0],
    [9, 0],
    [0, 9],
  ] as [number, number][];
  const mask = outlineMask({ width: 4, height: 4, outlines: [triangle] }, { width: 2, height: 2 });
  expect(rows(mask, 2, 'P5\n2 2\n255\n')).toEqual(['##', '##']);
  const small = outlineMask({ width: 4, height: 4, outlines: [triangle.map(([x, y]) => [x / 3, y / 3])] });
  expect(rows(small, 4, 'P5\n4 4\n255\n')).toEqual(['##..', '#...', '....', '....']);
});
