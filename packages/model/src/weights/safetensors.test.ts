import { elementCount, type Tensor } from '@cflow/onnx';
import { WeightsError } from '@cflow/spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSafetensors, safetensorsOffsets, writeSafetensors } from './safetensors.js';
import { readSafetensorsHeader } from './safetensors-header.js';

const MAKERS: Readonly<Record<Tensor['type'], (n: number, byte: (i: number) => number) => Tensor['data']>> = {
  float32: (n, byte) => Float32Array.from({ length: n }, (_, i) => byte(i) / 7),
  float64: (n, byte) => Float64Array.from({ length: n }, (_, i) => byte(i) / 7),
  float16: (n, byte) => Uint16Array.from({ length: n }, (_, i) => byte(i) * 257),
  int32: (n, byte) => Int32Array.from({ length: n }, (_, i) => byte(i) * -(2 ** 23)),
  int64: (n, byte) => BigInt64Array.from({ length: n }, (_, i) => BigInt(byte(i)) * -(2n ** 55n)),
  uint16: (n, byte) => Uint16Array.from({ length: n }, (_, i) => byte(i) * 257),
  uint8: (n, byte) => Uint8Array.from({ length: n }, (_, i) => byte(i)),
  int8: (n, byte) => Int8Array.from({ length: n }, (_, i) => byte(i) - 128),
  bool: (n, byte) => Uint8Array.from({ length: n }, (_, i) => byte(i) & 1),
};

const tensor: fc.Arbitrary<Tensor> = fc
  .record({
    type: fc.constantFrom(...(Object.keys(MAKERS) as Tensor['type'][])),
    dims: fc.array(fc.nat(4), { maxLength: 4 }),
    seed: fc.nat(255),
  })
  .map(({ type, dims, seed }) => ({
    type,
    dims,
    data: MAKERS[type](elementCount(dims), (i) => (i * 37 + seed) % 256),
  }));

const name = fc
  .oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('10', '9', 'dtype', 'a"b', 'constructor'))
  .filter((text) => text !== '__proto__' && text !== '__metadata__');
const named = fc
  .dictionary(name, tensor, { noNullPrototype: true })
  .map((record) => new Map(Object.entries(record)));
const metadata = fc.dictionary(name, fc.string({ unit: 'grapheme' }), { noNullPrototype: true });

function file(header: unknown, dataBytes = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function failure(bytes: Uint8Array): WeightsError {
  try {
    readSafetensors(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(WeightsError);
    return error as WeightsError;
  }
  throw new Error('nothing was thrown');
}

describe('safetensors', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(named, metadata, (tensors, texts) => {
        const read = readSafetensors(writeSafetensors(tensors, texts));
        expect(new Map(read.tensors)).toEqual(tensors);
        expect(read.metadata).toEqual(texts);
      }),
    );
  });

  it('writes equal bytes for equal content in any order', () => {
    fc.assert(
      fc.property(named, metadata, (tensors, texts) => {
        const reversed = new Map([...tensors].reverse());
        const reversedTexts = Object.fromEntries(Object.entries(texts).reverse());
        expect(writeSafetensors(reversed, reversedTexts)).toEqual(writeSafetensors(tensors, texts));
      }),
    );
  });

  it('aligns the data section to 64 bytes and each tensor to its elements, and shares memory', () => {
    fc.assert(
      fc.property(named, (tensors) => {
        const bytes = writeSafetensors(tensors);
        expect(readSafetensorsHeader(bytes).dataOffset % 64).toBe(0);
        const offsets = safetensorsOffsets(bytes);
        for (const [key, { data }] of readSafetensors(bytes).tensors) {
          const { offset, length } = offsets.get(key) as { offset: number; length: number };
          expect(offset % data.BYTES_PER_ELEMENT).toBe(0);
          expect(length).toBe(data.byteLength);
          expect(data.buffer).toBe(bytes.buffer);
          expect(data.byteOffset).toBe(offset);
        }
      }),
    );
  });

  it('reads a file that lies at an odd address', () => {
    const bytes = writeSafetensors(
      new Map([['a', { type: 'float32', dims: [2], data: Float32Array.of(1, 2) }]]),
    );
    const shifted = new Uint8Array(bytes.length + 1).subarray(1);
    shifted.set(bytes);
    expect(readSafetensors(shifted).tensors.get('a')?.data).toEqual(Float32Array.of(1, 2));
    // A Buffer, as node:fs gives it, shares its memory where a Uint8Array makes a copy.
    const buffer = Buffer.from(shifted.buffer).subarray(1);
    expect(readSafetensors(buffer).tensors.get('a')?.data).toEqual(Float32Array.of(1, 2));
  });

  it('reads BF16 as float32, and a header from the beginning of a file alone', () => {
    const bytes = file({ w: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] } }, 4);
    bytes.set([0x80, 0x3f, 0x40, 0xc0], bytes.length - 4);
    expect(readSafetensors(bytes).tensors.get('w')).toEqual({
      type: 'float32',
      dims: [2],
      data: Float32Array.of(1, -3),
    });
    const head = bytes.subarray(0, bytes.length - 4);
    expect(safetensorsOffsets(head, bytes.length).get('w')).toEqual({ offset: head.length, length: 4 });
  });

  const f32 = (shape: unknown, begin: unknown, end: unknown) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  });
  it.each([
    ['overlap', { a: f32([1], 0, 4), w: f32([1], 2, 6) }, 8, /overlaps/],
    ['gap', { a: f32([1], 0, 4), w: f32([1], 8, 12) }, 12, /4 unused bytes/],
    ['out of range', { w: f32([2], 0, 8) }, 4, /cut short/],
    ['wrong byte count', { w: f32([3], 0, 8) }, 8, /takes 12 bytes/],
    ['backwards', { w: f32([1], 4, 0) }, 4, /span -4/],
    [
      'unknown type',
      { w: { dtype: 'F8_E4M3', shape: [4], data_offsets: [0, 4] } },
      4,
      /"F8_E4M3" is not one of/,
    ],
    [
      'type from the prototype',
      { w: { dtype: 'toString', shape: [4], data_offsets: [0, 4] } },
      4,
      /not one of/,
    ],
    ['shape product overflow', { w: f32([2 ** 30, 2 ** 30, 0], 0, 0) }, 0, /more elements/],
    ['negative dimension', { w: f32([-1, -1], 0, 4) }, 4, /whole numbers/],
    ['fractional offset', { w: f32([1], 0.5, 4.5) }, 4, /data_offsets/],
    ['shape as text', { w: f32('1', 0, 4) }, 4, /shape/],
    ['extra field', { w: { ...f32([1], 0, 4), x: 1 } }, 4, /unknown field/],
    ['null entry', { w: null }, 0, /not an object/],
    [
      'repeated name',
      '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0077" :{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      4,
      /twice/,
    ],
    ['BOOL of 2', { w: { dtype: 'BOOL', shape: [1], data_offsets: [0, 1] } }, 1, /BOOL/],
  ])('names the tensor: %s', (_, header, dataBytes, message) => {
    const bytes = file(header, dataBytes);
    if (dataBytes === 1) bytes[bytes.length - 1] = 2;
    const error = failure(bytes);
    expect(error.message).toMatch(message);
    expect(error.details.tensor).toBe('w');
  });

  it.each([
    ['empty', new Uint8Array(0), /0 bytes/],
    ['header longer than the file', file('{}').fill(9, 0, 1), /9 bytes, and 2 bytes follow/],
    ['header longer than 100 MB', new Uint8Array(16).fill(255, 0, 8), /more than the limit/],
    ['not UTF-8', file('"').fill(0xff, 8), /UTF-8/],
    ['not JSON', file('{'), /not JSON/],
    ['a list', file('[]'), /JSON object/],
    ['bytes after the last tensor', file({}, 3), /3 bytes follow/],
    ['metadata that is not a text', file({ __metadata__: { a: 1 } }), /"a"/],
    ['__proto__ as a tensor', file('{"__proto__":{}}'), /not allowed/],
    ['__proto__ in the metadata', file('{"__metadata__":{"__proto__":"x"}}'), /not allowed/],
    [
      'repeated field',
      file('{"w":{"dtype":"F32","dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
      /"dtype".*twice/,
    ],
  ])('refuses a damaged file: %s', (_, bytes, message) => {
    expect(failure(bytes).message).toMatch(message);
  });

  it('throws nothing but WeightsError for a mutated file', () => {
    const valid = writeSafetensors(
      new Map<string, Tensor>([
        ['conv.weight', { type: 'float32', dims: [2, 3], data: new Float32Array(6) }],
        ['mask', { type: 'bool', dims: [3], data: new Uint8Array(3) }],
        ['half', { type: 'float16', dims: [2], data: new Uint16Array(2) }],
      ]),
      { format: 'pt' },
    );
    const text = '{}[]",:0189-eE\\u';
    const mutation = fc.record({
      at: fc.nat(valid.length - 1),
      byte: fc.oneof(
        fc.nat(255),
        fc.nat(text.length - 1).map((i) => text.charCodeAt(i)),
      ),
    });
    fc.assert(
      fc.property(
        fc.array(mutation, { minLength: 1, maxLength: 6 }),
        fc.option(fc.nat(valid.length)),
        (mutations, cut) => {
          const bytes = valid.slice(0, cut ?? valid.length);
          for (const { at, byte } of mutations) if (at < bytes.length) bytes[at] = byte;
          try {
            for (const { data } of readSafetensors(bytes).tensors.values())
              expect(data.byteLength).toBeLessThanOrEqual(2 * bytes.length);
          } catch (error) {
            expect(error).toBeInstanceOf(WeightsError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it.each<[string, Uint8Array, RegExp]>([
    [
      'more tensors than any network has',
      file(`{${'"a":0,'.repeat(10)}${Array.from({ length: 100_002 }, (_, i) => `"${i}":0`)}}`),
      /more than 100000 tensors/,
    ],
    [
      'texts without end',
      file({ __metadata__: Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [i, 'a'])) }),
      /more than 1000 texts/,
    ],
    [
      'a shape without end',
      file({ a: { dtype: 'F32', shape: Array(100_000).fill('x'), data_offsets: [0, 0] } }),
      /at most 64 whole/,
    ],
    [
      'offsets without end',
      file({ a: { dtype: 'F32', shape: [0], data_offsets: Array(100_000).fill('x') } }),
      /not two whole/,
    ],
    ['a long field', file({ a: { ['x'.repeat(100_000)]: 0 } }), /unknown field "x{200}…"$/],
    [
      'a long type',
      file({ a: { dtype: 'F'.repeat(100_000), shape: [], data_offsets: [0, 4] } }),
      /type "F{39} is not one of/,
    ],
    [
      'a header longer than it may be',
      new Uint8Array([1, 0, 0, 1, 0, 0, 0, 0, 123]),
      /more than the limit of 16777216$/,
    ],
  ])('counts before it looks, and says little: %s', (_, bytes, message) => {
    const { message: said } = failure(bytes);
    expect(said).toMatch(message);
    expect(said.length).toBeLessThan(500);
  });

  it.each<[string, string, Tensor]>([
    ['a reserved name', '__metadata__', { type: 'uint8', dims: [0], data: new Uint8Array(0) }],
    ['a lone surrogate', '\ud800', { type: 'uint8', dims: [0], data: new Uint8Array(0) }],
    ['data that does not fill the shape', 'w', { type: 'uint8', dims: [2], data: new Uint8Array(1) }],
    ['the array of another type', 'w', { type: 'float16', dims: [1], data: new Float32Array(1) }],
    ['a negative dimension', 'w', { type: 'uint8', dims: [-1, -1], data: new Uint8Array(1) }],
  ])('does not write %s', (_, key, value) => {
    expect(() => writeSafetensors(new Map([[key, value]]))).toThrow(WeightsError);
  });
});
