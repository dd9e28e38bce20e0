import type { DataType } from '../tensor.js';

/** Numbers of ONNX's TensorProto.DataType that matter here by themselves. */
export const FLOAT32 = 1;
export const UINT8 = 2;
export const INT32 = 6;
export const INT64 = 7;
export const BOOL = 9;
export const FLOAT64 = 11;

/** Name and bytes of the element types that a network may have; the others are texts, or packed. */
export const ELEMENTS: ReadonlyMap<number, readonly [name: string, bytes: number]> = new Map([
  [FLOAT32, ['float32', 4]],
  [UINT8, ['uint8', 1]],
  [3, ['int8', 1]],
  [4, ['uint16', 2]],
  [5, ['int16', 2]],
  [INT32, ['int32', 4]],
  [INT64, ['int64', 8]],
  [BOOL, ['bool', 1]],
  [10, ['float16', 2]],
  [FLOAT64, ['float64', 8]],
  [12, ['uint32', 4]],
  [13, ['uint64', 8]],
  [16, ['bfloat16', 2]],
]);

/** Bytes of one element. */
export function elementBytes(type: number): number {
  return ELEMENTS.get(type)?.[1] ?? 8;
}

/** The number of a type by its name. */
export function typeNumber(name: DataType): number {
  for (const [number, [known]] of ELEMENTS) if (known === name) return number;
  return 0;
}

export function typeName(type: number): string {
  return ELEMENTS.get(type)?.[0] ?? `element type ${type}`;
}
