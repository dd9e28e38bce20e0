export * from './backbones/index.js';
export * from './decoder/index.js';
export * from './memory/index.js';
export * from './pack-model.js';
export * from './scoring/index.js';
export * from './weights/index.js';
