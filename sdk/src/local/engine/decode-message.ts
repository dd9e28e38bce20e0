import { maskOf, type RangeOptions } from '@cflow/images';
import { type DecodeFileOptions, decodeImageWith, decodeMaskWith } from '@cflow/images/portable';
import type { Mask, RgbImage } from '@cflow/spec';
import { ImageError } from '../errors.js';
import type { ImageMessage } from '../protocol.js';
import type * as Jpeg from './decode-jpeg.js';

/** Gives the decoders of JPEG and of plain formats, which many detectors never need. */
export type LoadJpeg = () => Promise<typeof Jpeg>;

/** The pixels of an image; those of a file are the same as everywhere, as far as its format is decoded here. */
export async function decodeMessage(
  message: ImageMessage,
  loadJpeg: LoadJpeg,
  range: RangeOptions = {},
): Promise<RgbImage> {
  if ('bitmap' in message) {
    const image = pixelsOf(message.bitmap);
    message.bitmap.close();
    return image;
  }
  if ('data' in message) {
    const { width, height, data, channels } = message;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return channels === 4 ? withoutAlpha(width, height, bytes) : { width, height, data: bytes };
  }
  return decodeImageWith(await bytesOf(message.file), { ...decodersOf(loadJpeg), ...range });
}

/** What is not black is inside, as the service reads masks; of pixels that are given, alpha says it where their colors do not. */
export async function decodeMaskMessage(message: ImageMessage, loadJpeg: LoadJpeg): Promise<Mask> {
  if ('file' in message) return decodeMaskWith(await bytesOf(message.file), decodersOf(loadJpeg));
  const alpha = 'data' in message && message.channels === 4 ? alphaOf(message.data) : undefined;
  const image = await decodeMessage(message, loadJpeg);
  const values = new Uint8Array(image.width * image.height);
  for (let i = 0, at = 0; i < values.length; i++, at += 3) {
    values[i] = Math.max(image.data[at]!, image.data[at + 1]!, image.data[at + 2]!);
  }
  return maskOf(image, values, 'png', alpha);
}

function alphaOf(pixels: ArrayBufferView): Uint8Array {
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  return Uint8Array.from({ length: bytes.length / 4 }, (_, i) => bytes[i * 4 + 3]!);
}

export function decodersOf(loadJpeg: LoadJpeg): DecodeFileOptions {
  const load: LoadJpeg = () =>
    loadJpeg().catch((cause: Error) => {
      throw new ImageError(`the decoder could not be loaded: ${cause.message}; try again`, {
        retryable: true,
        cause,
      });
    });
  return {
    decodeOther: decodeByBrowser,
    decodeJpeg: async (bytes) => (await load()).decodeJpeg(bytes),
    decodePlain: async (...file) => (await load()).decodePlain(...file),
  };
}

export async function bytesOf(file: Blob | ArrayBufferView | ArrayBuffer): Promise<Uint8Array> {
  if (file instanceof Blob) return new Uint8Array(await file.arrayBuffer());
  return ArrayBuffer.isView(file)
    ? new Uint8Array(file.buffer, file.byteOffset, file.byteLength)
    : new Uint8Array(file);
}

/** Formats that have no decoder here: WebP, AVIF. Colors are not converted, as everywhere. */
async function decodeByBrowser(bytes: Uint8Array, mime: string): Promise<RgbImage> {
  if (!('createImageBitmap' in globalThis)) {
    throw new ImageError(`${mime} cannot be decoded here; expected PNG, JPEG or BMP`);
  }
  const file = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: mime });
  const bitmap = await createImageBitmap(file, {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
    imageOrientation: 'from-image',
  }).catch((cause: unknown) => {
    throw new ImageError(`this ${mime} is damaged, or not decoded by this browser; convert it to PNG`, {
      cause,
    });
  });
  try {
    return pixelsOf(bitmap);
  } finally {
    bitmap.close();
  }
}

function pixelsOf(bitmap: ImageBitmap): RgbImage {
  const { width, height } = bitmap;
  if (width === 0 || height === 0) throw new ImageError('the picture is empty: was its ImageBitmap closed?');
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new ImageError('this browser gives no canvas to read the picture with; give a file');
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return withoutAlpha(width, height, data);
}

function withoutAlpha(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray): RgbImage {
  if (rgba.length !== width * height * 4) {
    throw new ImageError(
      `${width}x${height} pixels with alpha need ${width * height * 4} bytes, got ${rgba.length}`,
    );
  }
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    data[to] = rgba[from]!;
    data[to + 1] = rgba[from + 1]!;
    data[to + 2] = rgba[from + 2]!;
  }
  return { width, height, data };
}
