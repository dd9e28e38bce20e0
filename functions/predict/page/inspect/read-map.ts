import type { MapPayload, ScalarMap } from '@cflow/spec';

/** The values of a map that came as `f32`, little-endian in base64. */
export function readMap({ format, width, height, data }: MapPayload): ScalarMap {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  if (format !== 'f32' || bytes.length !== width * height * 4) {
    throw new Error('The service sent an anomaly map of another form than it was asked for.');
  }
  const view = new DataView(bytes.buffer);
  const values = new Float32Array(width * height);
  for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(i * 4, true);
  return { width, height, data: values };
}
