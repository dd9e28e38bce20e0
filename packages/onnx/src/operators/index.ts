export * from './activation.js';
export * from './arithmetic.js';
export * from './convolution.js';
export * from './layout.js';
export { And, Cast, Greater, Identity, Less, Not, Where } from './logic.js';
export * from './loop.js';
export * from './matrix.js';
export * from './reduce.js';
export * from './resize.js';
