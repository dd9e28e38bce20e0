export type * from './inference/inference.js';
