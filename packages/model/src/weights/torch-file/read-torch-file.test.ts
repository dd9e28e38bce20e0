import { readFileSync } from 'node:fs';
import { WeightsError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { readTorchFile } from './read-torch-file.js';
import { entriesOf, stateDictOf } from './state-dict-of.js';

const file = (name: string): Uint8Array => readFileSync(new URL(`testdata/${name}`, import.meta.url));
const counting = (length: number): number[] => Array.from({ length }, (_, i) => i);

describe('a file of torch.save', () => {
  for (const name of ['state-dict.pth', 'state-dict-legacy.pth', 'checkpoint.ckpt']) {
    it(`gives the tensors of ${name}, row-major`, () => {
      const tensors = stateDictOf(readTorchFile(file(name)));
      const plain = Object.fromEntries(
        [...tensors].map(([key, { type, dims, data }]) => [key, [type, dims, [...data].map(Number)]]),
      );
      expect(plain).toEqual({
        plain: ['float32', [2, 3, 4], counting(24)],
        transposed: ['float32', [2, 3], [0, 2, 4, 1, 3, 5]],
        part: ['float32', [2, 3], [7, 8, 9, 12, 13, 14]],
        // The bits of 0, 1 and 2 in float16.
        half: ['float16', [3], [0, 0x3c00, 0x4000]],
        brain: ['float32', [3], [0, 1, 2]],
        double: ['float64', [3], [0, 1, 2]],
        long: ['int64', [3], [0, 1, 2]],
        flag: ['bool', [2], [1, 0]],
        scalar: ['float32', [], [7]],
        empty: ['float32', [0, 4], []],
        parameter: ['float32', [2], [0, 1]],
        shared: ['float32', [2, 3], counting(6)],
        shared_again: ['float32', [2, 3], counting(6)],
      });
    });
  }

  it('gives what lies beside the tensors', () => {
    const settings = entriesOf(
      entriesOf(readTorchFile(file('checkpoint.ckpt')).value)?.get('hyper_parameters') ?? null,
    );
    expect(Object.fromEntries(settings ?? [])).toEqual({ lr: 1e-4, layers: ['a', 'b'], big: 2n ** 70n });
  });
});

describe('a file that would run code', () => {
  it.each(['malicious.pth', 'malicious-legacy.pth'])('is refused by name, and not run: %s', (name) => {
    // On other systems than POSIX the function has another module.
    expect(() => readTorchFile(file(name))).toThrow(/asks for "(posix|nt)\.system".*nothing of it was run/s);
  });
});

describe('a damaged file', () => {
  it.each(['state-dict.pth', 'state-dict-legacy.pth'])('is an error wherever it is cut: %s', (name) => {
    const whole = file(name);
    for (let length = 0; length < whole.length; length += 13) {
      expect(() => stateDictOf(readTorchFile(whole.subarray(0, length))), `${length} bytes`).toThrow(
        WeightsError,
      );
    }
  });

  it('never ends in anything but tensors or an error when bytes change', () => {
    const whole = file('state-dict-legacy.pth');
    for (let at = 0; at < whole.length; at++) {
      const changed = whole.slice();
      changed[at] = changed[at]! ^ 0xff;
      try {
        stateDictOf(readTorchFile(changed));
      } catch (error) {
        expect(error, `byte ${at}`).toBeInstanceOf(WeightsError);
      }
    }
  });

  it.each([
    ['an empty file', new Uint8Array(0)],
    ['a safetensors file', new TextEncoder().encode('\x10\0\0\0\0\0\0\0{"a":{}}        ')],
    ['a pickle that is not torch’s', Uint8Array.of(0x80, 2, 0x4e, 0x2e)],
  ])('says what was expected of %s', (_, bytes) => {
    expect(() => readTorchFile(bytes)).toThrow(/not a file of torch\.save/);
  });
});
