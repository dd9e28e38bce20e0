export * from './architecture.js';
export * from './backbone.js';
export { embeddedArchitecture } from './embedded.js';
export type { Precision } from './network.js';
export * from './registry.js';
export { type ResNetShape, resnet } from './resnet.js';
export { randomSource, stateDictSource, type WeightSource } from './weight-source.js';
