export * from './decoder/index.js';
export * from './scoring/index.js';
