export * from './feedback.js';
export * from './http-url.js';
export * from './job.js';
export * from './job-configuration.js';
export * from './names.js';
export * from './predict.js';
export * from './problem.js';
export * from './registry.js';
