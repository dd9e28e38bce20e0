/** Where a score can be computed. */
export type PlaceName = 'server' | 'webgpu' | 'wasm';

export type LocalPlace = Exclude<PlaceName, 'server'>;

export const PLACES: readonly PlaceName[] = ['server', 'webgpu', 'wasm'];

export const PLACE_WORDS: Readonly<Record<PlaceName, string>> = {
  server: 'Server',
  webgpu: 'WebGPU',
  wasm: 'WASM',
};
