// What an NVIDIA card from the A100 on does unless it is told not to: it rounds what goes into products to TF32.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type GraphProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
} from 'onnx-buf';

const PRODUCTS: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);
/** Of the 24 bits of float32's significand. */
const TF32_BITS = 11;
const SPLITTER_NAME = 'tf32_splitter';

/**
 * The model with both factors of every product rounded to TF32 (11 bits of significand, to the nearest) and multiplied in
 * float32, which is what the tensor cores do. Graphs inside of nodes are left as they are.
 *
 * @param rounds Whether it does so in the node of this name
 * @param bits Of the significand that are kept
 *
 * Source of the rounding: Dekker, A floating-point technique for extending the available precision (1971): with
 * c = (2^s + 1) x, c - (c - x) is x to 24 - s bits.
 */
export function tf32Model(
  model: Uint8Array,
  rounds: (node: string) => boolean = () => true,
  bits: number = TF32_BITS,
): Uint8Array {
  const message = fromBinary(ModelProtoSchema, model);
  const graph = message.graph as GraphProto;
  const rounded = new Map<string, string>();
  const nodes: NodeProto[] = [];
  const node = (opType: string, input: string[], output: string): void => {
    nodes.push(create(NodeProtoSchema, { opType, name: output, input, output: [output] }));
  };
  const round = (value: string): string => {
    const known = rounded.get(value);
    if (known !== undefined) return known;
    const name = `${value}/tf32`;
    node('Mul', [value, SPLITTER_NAME], `${name}/c`);
    node('Sub', [`${name}/c`, value], `${name}/rest`);
    node('Sub', [`${name}/c`, `${name}/rest`], name);
    rounded.set(value, name);
    return name;
  };
  for (const each of graph.node) {
    if (PRODUCTS.has(each.opType) && rounds(each.name)) {
      each.input = each.input.map((value, index) => (index < 2 ? round(value) : value));
    }
    nodes.push(each);
  }
  graph.node = nodes;
  graph.initializer.push(
    create(TensorProtoSchema, {
      name: SPLITTER_NAME,
      dataType: TensorProto_DataType.FLOAT,
      floatData: [2 ** (24 - bits) + 1],
    }),
  );
  return toBinary(ModelProtoSchema, message);
}
