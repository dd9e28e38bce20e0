export { type CouplingBlockParameters, couplingBlock, type Permutation } from './coupling-block.js';
export * from './data-dependent-init.js';
export { decoder, isOfFirstSubnet, logLikelihood } from './decoder.js';
export * from './decoder-shape.js';
export { initialParameters } from './initial-parameters.js';
export { likelihoodGraph } from './likelihood-graph.js';
export * from './positional-encoding.js';
export { isSilentSubnet } from './silent-subnet.js';
export * from './training-graph.js';
