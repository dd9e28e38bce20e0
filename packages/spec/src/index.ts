export * from './bundle.js';
export * from './calibration.js';
export * from './configuration.js';
export * from './data-set.js';
export * from './device.js';
export * from './errors.js';
export * from './image.js';
export * from './prediction.js';
