export * from './evaluate.js';
export * from './folder-bundle.js';
