export * from './decode-bmp.js';
export * from './image-format.js';
export * from './map-in-order.js';
export * from './planar.js';
export * from './resize-bilinear.js';
export * from './resize-map.js';
export * from './resize-mask.js';
