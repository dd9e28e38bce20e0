// Weight files alone, for those that build no graph: what builds graphs takes a while to load.
export * from './weights/safetensors.js';
export { readSafetensorsHeader, type SafetensorsType } from './weights/safetensors-header.js';
