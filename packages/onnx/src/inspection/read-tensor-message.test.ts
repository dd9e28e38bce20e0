import { describe, expect, it } from 'vitest';
import { readTensorMessage } from './read-tensor-message.js';

/** dims [1], data_type and name "c", and a field with data. */
const tensor = (type: number, ...data: number[]): Uint8Array =>
  Uint8Array.from([0x08, 1, 0x10, type, 0x42, 1, 0x63, ...data]);

describe('a constant', () => {
  it('has the numbers that it holds', () => {
    expect(readTensorMessage(tensor(6, 0x2a, 1, 5))).toMatchObject({ name: 'c', dims: [1], values: [5] });
    expect(readTensorMessage(tensor(7, 0x4a, 8, ...new Array(7).fill(255), 127)).values).toEqual([Infinity]);
    expect(readTensorMessage(tensor(7, 0x3a, 10, ...new Array(9).fill(255), 1)).values).toEqual([-1]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    [
      'beyond its type, for a decoder that cuts',
      tensor(6, 0x2a, 5, 0x85, 0x80, 0x80, 0x80, 0x10),
      /no int32/,
    ],
    ['a truth of 2', tensor(9, 0x2a, 1, 2), /no bool/],
    ['a truth of 2, in bytes', tensor(9, 0x4a, 1, 2), /no bool/],
    ['in two places', tensor(6, 0x2a, 1, 5, 0x4a, 4, 5, 0, 0, 0), /more than one place/],
    ['of another type than it says', tensor(7, 0x2a, 1, 5), /does not hold the int64/],
    ['too few', tensor(6, 0x2a, 0), /holds 0 numbers/],
    ['too many bytes', tensor(6, 0x4a, 5, 0, 0, 0, 0, 0), /holds 5 bytes/],
    ['texts', tensor(8, 0x32, 1, 0x61), /field 6, which is not known/],
    ['a segment of something larger', tensor(6, 0x1a, 0, 0x2a, 1, 5), /field 3, which is not known/],
    ['of a type that is packed', tensor(22, 0x4a, 1, 0), /element type 22/],
    [
      'of a size below 0',
      Uint8Array.from([0x08, ...new Array(9).fill(255), 1, 0x10, 6]),
      /shape that no tensor/,
    ],
    ['a number without an end', tensor(6, 0x2a, 11, ...new Array(11).fill(255)), /no end/],
  ])('is refused with numbers %s', (_, bytes, message) => {
    expect(() => readTensorMessage(bytes)).toThrow(message);
  });
});
