// Apart from the rest: to score images nobody needs what builds graphs, and it takes a while to load.
export * from './reference-maps.js';
