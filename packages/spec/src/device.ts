/** Where graphs run. `cuda` and `cpu` on Node, `webgpu` on Node and in browsers, `wasm` in browsers and at the edge. */
export const DEVICES = ['cuda', 'webgpu', 'cpu', 'wasm'] as const;
export type Device = (typeof DEVICES)[number];
/** `auto` takes the first device of the host's order that passes the golden probe. */
export type DeviceChoice = Device | 'auto';

/**
 * How products are computed. `exact`: in float32, so that a score is the same everywhere. `throughput`: a card may round what goes
 * into them to 11 bits (TF32), which is faster there and moves scores.
 */
export const PRECISION_MODES = ['exact', 'throughput'] as const;
export type PrecisionMode = (typeof PRECISION_MODES)[number];
