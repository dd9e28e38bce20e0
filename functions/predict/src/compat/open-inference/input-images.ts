import type { InputImage } from '@cflow/inference';
import { MAX_IMAGES_PER_REQUEST } from '@cflow/spec';
import type { JsonData } from '../../app/json/json-data.js';
import { ProblemError } from '../../app/problem.js';
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
      `expected one input, "image" or "image_bytes", got ${inputs.map(({ name }) => `"${name}"`).join(', ')}`,
    );
  }
  if (input.datatype !== expected.datatype) {
    refuse(`expected the datatype ${expected.datatype} of input "${input.name}", got "${input.datatype}"`);
  }
  const count = input.shape[0]!;
  if (count < 1 || count > MAX_IMAGES_PER_REQUEST) {
    refuse(`expected 1 to ${MAX_IMAGES_PER_REQUEST} images, got shape [${input.shape}]`);
  }
  return input.name === 'image' ? pixelImages(input) : fileImages(input);
}

function pixelImages({ shape, content }: InputTensor): InputImage[] {
  const [count = 0, a = 0, b = 0, c = 0] = shape;
  const planar = a === 3;
  const [height, width] = planar ? [b, c] : [a, b];
  if (shape.length !== 4 || !(planar || c === 3) || height < 1 || width < 1) {
    refuse(`expected "image" of shape [N, 3, H, W] or [N, H, W, 3], got [${shape}]`);
  }
  const size = count * 3 * height * width;
  const bytes = 'bytes' in content ? content.bytes : numbersOf(content.data, shape, size);
  if (bytes.length !== size) refuse(`shape [${shape}] has ${size} values, got ${bytes.length} bytes`);
  const each = size / count;
  return Array.from({ length: count }, (_, i) => {
    const image = { width, height, data: bytes.subarray(i * each, (i + 1) * each) };
    return planar ? { planes: image } : { pixels: image };
  });
}

/** JSON values, flat or nested as the shape says, as bytes. */
function numbersOf(
  { shape: found, count, numbers }: JsonData,
  shape: readonly number[],
  size: number,
): Uint8Array {
  if (count !== size) refuse(`shape [${shape}] has ${size} values, got ${count} in "data"`);
  const flat = found?.length === 1;
  if (!flat && `${found}` !== `${shape}`) refuse(`"data" is not nested as its shape [${shape}] says`);
  return numbers ?? refuse('expected every value of "image" to be a whole number from 0 to 255 (UINT8)');
}

function fileImages({ shape, content }: InputTensor): InputImage[] {
  const [count = 0, inner = 1] = shape;
  if (shape.length > 2 || inner !== 1) refuse(`expected "image_bytes" of shape [N], got [${shape}]`);
  const files = 'bytes' in content ? splitBytes(content.bytes) : filesOf(content.data);
  if (files.length !== count) refuse(`shape [${shape}] has ${count} files, got ${files.length}`);
  return files.map((encoded) => ({ encoded }));
}

function filesOf({ shape, count, texts }: JsonData): Uint8Array[] {
  const all = texts.length === count && (shape?.length ?? 3) <= 2;
  if (!all) refuse('expected every value of "image_bytes" to be an image file in base64');
  return texts.map(
    (bytes) => bytes ?? refuse('expected every value of "image_bytes" to be an image file in base64'),
  );
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
