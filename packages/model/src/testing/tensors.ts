import type { Tensor } from '@cflow/onnx';

export type Tensors = Record<string, Tensor>;
