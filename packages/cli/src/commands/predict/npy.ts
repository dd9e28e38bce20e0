import type { ScalarMap } from '@cflow/spec';

const MAGIC = '\x93NUMPY\x01\x00';
const ALIGNMENT = 64;

/** A map as a file of NumPy's format 1.0: float32, little endian, [height, width]. */
export function encodeNpy({ width, height, data }: ScalarMap): Uint8Array {
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${height}, ${width}), }`;
  const unpadded = MAGIC.length + 2 + description.length + 1;
  const padding = ' '.repeat((ALIGNMENT - (unpadded % ALIGNMENT)) % ALIGNMENT);
  const header = `${description}${padding}\n`;
  const start = MAGIC.length + 2 + header.length;
  const file = new Uint8Array(start + data.byteLength);
  file.set(Buffer.from(MAGIC, 'latin1'));
  new DataView(file.buffer).setUint16(MAGIC.length, header.length, true);
  file.set(Buffer.from(header, 'latin1'), MAGIC.length + 2);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return file;
}
