import { WeightsError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { OPCODE } from './pickle-opcodes.js';
import { readPickle } from './read-pickle.js';

const options = { allows: () => false, persistent: () => null };
const read = (...bytes: number[]) => readPickle(Uint8Array.from(bytes), 0, options);

describe('readPickle', () => {
  it('reads values and says where they end', () => {
    const { mark, uint8, tuple, none, stop } = OPCODE;
    expect(read(mark, uint8, 5, none, tuple, stop, 99)).toEqual({ value: [5, null], end: 6 });
  });

  it.each([
    ['a value that is not there', [OPCODE.stop]],
    ['a group that was not begun', [OPCODE.tuple, OPCODE.stop]],
    ['a place where nothing is', [OPCODE.get, 3, OPCODE.stop]],
    ['items of what is not a dict', [OPCODE.none, OPCODE.none, OPCODE.none, OPCODE.setItem, OPCODE.stop]],
    ['a call of what is not a name', [OPCODE.none, OPCODE.emptyTuple, OPCODE.reduce, OPCODE.stop]],
    ['an end in the middle of a value', [OPCODE.unicode, 255, 255, 255, 127, 65]],
    ['a text that is longer than any file', [OPCODE.unicode8, 255, 255, 255, 255, 255, 255, 255, 255]],
    ['an integer of a gigabyte', [OPCODE.long4, 255, 255, 255, 63]],
    ['a mark in place of a value', [OPCODE.mark, OPCODE.stop]],
  ])('refuses %s', (_, bytes) => {
    expect(() => read(...bytes)).toThrow(WeightsError);
  });

  it.each([
    // Other opcodes that import or call: INST, OBJ, EXT1, NEWOBJ_EX, PERSID.
    0x69, 0x6f, 0x82, 0x92, 0x50,
  ])('refuses opcode %i by its number', (opcode) => {
    expect(() => read(OPCODE.emptyTuple, opcode, OPCODE.stop)).toThrow(/opcode 0x/);
  });

  it('remembers at any place without making room for those in front', () => {
    const { uint8, longPut, longGet, pop, stop } = OPCODE;
    const place = [255, 255, 255, 255];
    expect(read(uint8, 7, longPut, ...place, pop, longGet, ...place, stop).value).toBe(7);
  });
});
