// Everything in one file, for pages without a bundler: `<script src="…/dist/cflow.global.js">` makes a global `cflow`.
export * from './automatic/index.js';
export * from './drawing/index.js';
export * from './index.js';
export * from './local/index.js';
export * from './stream/index.js';
