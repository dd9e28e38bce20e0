import { ELEMENT_TYPE } from '../operators/logic.js';
import type { DataType } from '../tensor.js';

const BY_NUMBER: ReadonlyMap<number, DataType> = new Map(
  Object.entries(ELEMENT_TYPE).map(([type, number]) => [number, type as DataType]),
);

/** The element type of a number of ONNX's TensorProto.DataType; undefined for those not used here. */
export function dataTypeOf(elementType: number): DataType | undefined {
  return BY_NUMBER.get(elementType);
}
