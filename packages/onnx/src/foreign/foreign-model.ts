// A model that another program wrote: kept as messages, since nothing here needs to know what its operators do.
import type { FunctionProto, NodeProto, TensorProto } from 'onnx-buf';
import type { Shape } from '../shape.js';
import type { DataType } from '../tensor.js';

/** What a model declares of an input, an output or a value in between. */
export interface ForeignValue {
  name: string;
  /** Undefined: not declared, or a type that is not used here. */
  type: DataType | undefined;
  /** Undefined: not declared. A size that is not declared is `?`. */
  shape: Shape | undefined;
}

/** Where the bytes of a constant lie outside the model. */
export interface ExternalLocation {
  /** A relative path below the model's folder, with `/`. */
  path: string;
  /** Bytes from the start of the file. */
  offset: number;
  /** Bytes. */
  length: number;
}

/** What the nodes of a model mean: needed wherever they are written again. */
export interface ForeignContext {
  irVersion: number;
  /** Version by domain; the default domain is ''. */
  operatorSets: ReadonlyMap<string, number>;
  /** Operators that the model defines itself. */
  functions: readonly FunctionProto[];
}

export interface ForeignModel extends ForeignContext {
  /** In an order in which they can run. */
  nodes: readonly NodeProto[];
  /** What has to be given when the model runs. */
  inputs: readonly ForeignValue[];
  outputs: readonly ForeignValue[];
  /** Everything that is declared, by name. */
  values: ReadonlyMap<string, ForeignValue>;
  initializers: ReadonlyMap<string, TensorProto>;
}

/** Nodes of a foreign model as one node of a graph. */
export interface ForeignNodes extends ForeignContext {
  nodes: readonly NodeProto[];
  /** What the graph node's inputs and outputs are called among `nodes`. */
  inputs: readonly string[];
  outputs: readonly string[];
}
