import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { TensorProto_DataLocation as DataLocation, type TensorProto, TensorProtoSchema } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { GraphError } from '../graph-error.js';
import { externalLocation, readTensor } from './read-tensor.js';

const tensor = (fields: MessageInitShape<typeof TensorProtoSchema>): TensorProto =>
  create(TensorProtoSchema, { name: 't', ...fields });
const bytesOf = (data: ArrayBufferView): Uint8Array<ArrayBuffer> =>
  new Uint8Array(data.buffer.slice(0) as ArrayBuffer, data.byteOffset, data.byteLength);

describe('readTensor', () => {
  it('reads raw bytes wherever they lie', () => {
    const values = Float32Array.of(1.5, -2, 3, 4, 5, 6);
    for (const shift of [0, 1, 2, 3]) {
      const buffer = new Uint8Array(values.byteLength + shift);
      buffer.set(bytesOf(values), shift);
      const read = readTensor(tensor({ dataType: 1, dims: [2n, 3n], rawData: buffer.subarray(shift) }));
      expect(read).toEqual({ type: 'float32', dims: [2, 3], data: values });
      const file = Buffer.from(buffer.buffer).subarray(shift);
      const outside = tensor({ dataType: 1, dims: [2n, 3n], dataLocation: DataLocation.EXTERNAL });
      expect(readTensor(outside, file)).toEqual(read);
    }
  });

  it.each([
    ['float32', 1, { floatData: [1, 2] }, Float32Array.of(1, 2)],
    ['float64', 11, { doubleData: [1, 2] }, Float64Array.of(1, 2)],
    ['int64', 7, { int64Data: [1n, -2n] }, BigInt64Array.of(1n, -2n)],
    ['int32', 6, { int32Data: [1, -2] }, Int32Array.of(1, -2)],
    ['uint8', 2, { int32Data: [1, 255] }, Uint8Array.of(1, 255)],
    ['int8', 3, { int32Data: [1, -2] }, Int8Array.of(1, -2)],
    ['bool', 9, { int32Data: [1, 0] }, Uint8Array.of(1, 0)],
    ['float16', 10, { int32Data: [0x3c00, 0xc000] }, Uint16Array.of(0x3c00, 0xc000)],
  ] as const)('reads %s as numbers and as bytes', (type, dataType, fields, data) => {
    const init = fields as unknown as MessageInitShape<typeof TensorProtoSchema>;
    expect(readTensor(tensor({ dataType, dims: [2n], ...init }))).toEqual({ type, dims: [2], data });
    const raw = bytesOf(data);
    expect(readTensor(tensor({ dataType, dims: [2n], rawData: raw }))).toEqual({ type, dims: [2], data });
    const outside = tensor({ dataType, dims: [2n], dataLocation: DataLocation.EXTERNAL });
    expect(readTensor(outside, raw)).toEqual({ type, dims: [2], data });
  });

  it.each([
    ['a type not used here', { dataType: 16, dims: [1n], rawData: new Uint8Array(2) }],
    ['too few bytes', { dataType: 1, dims: [2n], rawData: new Uint8Array(7) }],
    ['too many numbers', { dataType: 1, dims: [2n], floatData: [1, 2, 3] }],
    ['a negative size', { dataType: 1, dims: [-1n], floatData: [] }],
    ['a size beyond counting', { dataType: 1, dims: [2n ** 40n, 2n ** 40n], floatData: [] }],
    ['bytes in another file', { dataType: 1, dims: [1n], dataLocation: DataLocation.EXTERNAL }],
  ])('refuses %s', (_, fields) => {
    expect(() => readTensor(tensor(fields))).toThrow(GraphError);
  });
});

describe('externalLocation', () => {
  const at = (entries: Record<string, string>): TensorProto =>
    tensor({
      dataType: 1,
      dims: [3n],
      dataLocation: DataLocation.EXTERNAL,
      externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    });

  it('gives path, offset and length', () => {
    expect(externalLocation(tensor({ dataType: 1 }))).toBeUndefined();
    expect(externalLocation(at({ location: 'a.data' }))).toEqual({ path: 'a.data', offset: 0, length: 12 });
    expect(externalLocation(at({ location: 'b/a.data', offset: '64', length: '12' }))).toEqual({
      path: 'b/a.data',
      offset: 64,
      length: 12,
    });
  });

  it.each([
    '',
    '/etc/passwd',
    '../secret',
    'a/../../secret',
    './a',
    'a//b',
    'a\\..\\b',
    'C:\\a',
    'file:a',
    'a\0b',
    '..',
  ])('refuses the path "%s"', (location) => {
    expect(() => externalLocation(at({ location }))).toThrow(/not a path below/);
  });

  it.each([
    { length: '11' },
    { length: '1e1' },
    { offset: '-4' },
    { offset: '0x10' },
    { offset: '99999999999999999999' },
  ])('refuses %j', (entries) => {
    expect(() => externalLocation(at({ location: 'a', ...entries }))).toThrow(GraphError);
  });
});
