/** Where graphs run. `cuda` and `cpu` on Node, `webgpu` on Node and in browsers, `wasm` in browsers and at the edge. */
export const DEVICES = ['cuda', 'webgpu', 'cpu', 'wasm'] as const;
export type Device = (typeof DEVICES)[number];
/** `auto` takes the first device of the host's order that passes the golden probe. */
export type DeviceChoice = Device | 'auto';
