export { encodeMapPng8 } from './map-png8.js';
export * from './map-png16.js';
export { encodePng, writePng } from './png.js';
export * from './report-picture.js';
