/** Where a score can be computed. */
export type PlaceName = 'server' | 'webgpu' | 'wasm';

export type LocalPlace = Exclude<PlaceName, 'server'>;

export const PLACES: readonly PlaceName[] = ['server', 'webgpu', 'wasm'];

export const PLACE_WORDS: Readonly<Record<PlaceName, string>> = {
  server: 'Server',
  webgpu: 'WebGPU',
  wasm: 'WASM',
};

/** Why a device is not used, in one sentence. */
export function refusalWords({ device, reason }: { device: string; reason: string }): string {
  const name = PLACE_WORDS[device as PlaceName] ?? device;
  return `${name} is not used: ${reason.replace(/\.$/, '')}.`;
}
