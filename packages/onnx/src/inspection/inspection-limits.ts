// What a network may be. Each is several times what published backbones have: of 33 that PyTorch exported, SwinV2-T
// with all its shape arithmetic has the most nodes, 3,842, and 1e10 multiplications for an image of 224 x 224. One of a
// billion parameters takes some 1.5e12 for an image of 518 x 518.

/** Nodes, or constants. */
export const MAX_NODES = 20_000;
/** Entries of a graph of any kind: nodes, constants, declared values. */
export const MAX_GRAPH_ENTRIES = 200_000;
export const MAX_RANK = 16;
/** Values that go into a node, or come out of it. */
export const MAX_NODE_VALUES = 2048;
export const MAX_ATTRIBUTES = 64;
/** Numbers of one attribute. */
export const MAX_NUMBERS = 1024;
/** Numbers of a value that are followed through the graph: more decide about no size. */
export const MAX_FOLLOWED = 64;
/** Bytes of one tensor, for each image of the batch. */
export const MAX_TENSOR_BYTES: number = 2 ** 31;
/** Bytes of all that is in memory at once beside the weights, for each image of the batch. */
export const MAX_LIVE_BYTES: number = 2 ** 32;
/** Bytes that may follow from constants alone, for each byte of constants and beside them: a runtime keeps them. */
export const MAX_MADE_FACTOR = 16;
export const MAX_MADE_BYTES: number = 2 ** 28;
/**
 * Multiplications for each image of the batch: some minutes of a processor. What is moved or mapped without being
 * multiplied counts {@link WORK_PER_ELEMENT} times, since it is that much slower than a product of matrices.
 */
export const MAX_WORK = 1e13;
export const WORK_PER_ELEMENT = 16;
/** Operator sets that the rules here know. */
export const OLDEST_OPSET = 11;
export const NEWEST_OPSET = 25;
