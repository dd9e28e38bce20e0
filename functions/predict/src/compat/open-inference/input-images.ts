import { MAX_IMAGES_PER_REQUEST, type RgbImage } from '@cflow/spec';
import { decodeBase64 } from '../../app/base64.js';
import { ProblemError } from '../../app/problem.js';
import type { InputImage } from '../../inference/inference.js';
import type { InputTensor } from './infer-request.js';

/** The inputs of every detector: a request gives one of them. */
export const INPUTS = [
  { name: 'image', datatype: 'UINT8', shape: [-1, 3, -1, -1] },
  { name: 'image_bytes', datatype: 'BYTES', shape: [-1] },
] as const;

/**
 * The images of a request: `image`, UINT8 RGB `[N, 3, H, W]` or `[N, H, W, 3]` (when both fit, the former), or
 * `image_bytes`, BYTES `[N]`, image files, in JSON as base64.
 *
 * @throws ProblemError `invalid-request`
 */
export function inputImages(inputs: readonly InputTensor[]): InputImage[] {
  const [input, ...more] = inputs;
  const expected = INPUTS.find(({ name }) => name === input?.name);
  if (!input || !expected || more.length > 0) {
    refuse(
      `expected one input, "image" or "image_bytes", found ${inputs.map(({ name }) => `"${name}"`).join(', ')}`,
    );
  }
  if (input.datatype !== expected.datatype) {
    refuse(`expected the datatype ${expected.datatype} of input "${input.name}", found "${input.datatype}"`);
  }
  const count = input.shape[0] as number;
  if (count < 1 || count > MAX_IMAGES_PER_REQUEST) {
    refuse(`expected 1 to ${MAX_IMAGES_PER_REQUEST} images, found shape [${input.shape}]`);
  }
  return input.name === 'image' ? pixelImages(input) : fileImages(input);
}

function pixelImages({ shape, content }: InputTensor): InputImage[] {
  const [count = 0, a = 0, b = 0, c = 0] = shape;
  const planar = a === 3;
  const [height, width] = planar ? [b, c] : [a, b];
  if (shape.length !== 4 || !(planar || c === 3) || height < 1 || width < 1) {
    refuse(`expected "image" of shape [N, 3, H, W] or [N, H, W, 3], found [${shape}]`);
  }
  // Compared before anything is made of that size: a shape costs its sender nothing.
  const size = count * 3 * height * width;
  const bytes = 'bytes' in content ? content.bytes : flatten(content.values, shape, size);
  if (bytes.length !== size) refuse(`shape [${shape}] has ${size} values, found ${bytes.length} bytes`);
  const each = size / count;
  return Array.from({ length: count }, (_, i) => {
    const data = bytes.subarray(i * each, (i + 1) * each);
    return { pixels: planar ? interleaved(data, width, height) : { width, height, data } };
  });
}

/** JSON values, flat or nested as the shape says, as bytes. */
function flatten(values: readonly unknown[], shape: readonly number[], size: number): Uint8Array {
  const nested = Array.isArray(values[0]);
  // All rows are counted, not the first ones multiplied: few values can be nested as if they were very many.
  const count = (level: readonly unknown[], depth: number): number =>
    depth === shape.length - 1
      ? level.length
      : level.reduce<number>((sum, each) => sum + (Array.isArray(each) ? count(each, depth + 1) : 0), 0);
  const found = nested ? count(values, 0) : values.length;
  if (found !== size) refuse(`shape [${shape}] has ${size} values, found ${found} in "data"`);
  const bytes = new Uint8Array(size);
  let offset = 0;
  const write = (level: readonly unknown[], depth: number): void => {
    if (nested && level.length !== shape[depth]) refuse(`"data" is not nested as its shape [${shape}] says`);
    for (const value of level) {
      if (nested && depth < shape.length - 1) {
        write(
          Array.isArray(value) ? value : refuse(`"data" is not nested as its shape [${shape}] says`),
          depth + 1,
        );
        continue;
      }
      if (!(Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255)) {
        refuse('expected every value of "image" to be a whole number from 0 to 255 (UINT8)');
      }
      bytes[offset++] = value as number;
    }
  };
  write(values, 0);
  return bytes;
}

function interleaved(planes: Uint8Array, width: number, height: number): RgbImage {
  const plane = width * height;
  const data = new Uint8Array(3 * plane);
  for (let i = 0, to = 0; i < plane; i++, to += 3) {
    data[to] = planes[i] as number;
    data[to + 1] = planes[plane + i] as number;
    data[to + 2] = planes[2 * plane + i] as number;
  }
  return { width, height, data };
}

function fileImages({ shape, content }: InputTensor): InputImage[] {
  const [count = 0, inner = 1] = shape;
  if (shape.length > 2 || inner !== 1) refuse(`expected "image_bytes" of shape [N], found [${shape}]`);
  const files = 'bytes' in content ? splitBytes(content.bytes) : content.values.flat().map(fileOf);
  if (files.length !== count) refuse(`shape [${shape}] has ${count} files, found ${files.length}`);
  return files.map((encoded) => ({ encoded }));
}

function fileOf(value: unknown): Uint8Array {
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined;
  return bytes ?? refuse('expected every value of "image_bytes" to be an image file in base64');
}

/** Elements of the datatype BYTES: each a length of four bytes, little-endian, and as many bytes. */
function splitBytes(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const length = offset + 4 <= bytes.length ? view.getUint32(offset, true) : Number.POSITIVE_INFINITY;
    if (offset + 4 + length > bytes.length || elements.length >= MAX_IMAGES_PER_REQUEST) {
      refuse(
        'expected each element of "image_bytes" as its length, 4 bytes little-endian, and as many bytes',
      );
    }
    elements.push(bytes.subarray(offset + 4, offset + 4 + length));
    offset += 4 + length;
  }
  return elements;
}

function refuse(detail: string): never {
  throw new ProblemError('invalid-request', detail);
}
