// Runs in the page.
import { decodeImagePortable, mozJpegDecoder } from '@cflow/images/portable';
import { webDevices } from '@cflow/runtime/web';
import type { RgbImage } from '@cflow/spec';
import * as wasm from 'onnxruntime-web/wasm';
import * as webgpu from 'onnxruntime-web/webgpu';
import { fetchWork, type ScoredFile, scoreFiles } from '../score-files.js';

// The part of a page that is used; the types of the DOM are not for the rest of these tests.
declare const location: { origin: string };
declare const Blob: new (parts: unknown[], options: { type: string }) => object;
declare function createImageBitmap(blob: object, options: object): Promise<{ width: number; height: number }>;
declare class OffscreenCanvas {
  constructor(width: number, height: number);
  getContext(kind: '2d'): {
    drawImage(image: object, x: number, y: number): void;
    getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
  };
}

for (const { env } of [wasm, webgpu]) env.wasm.wasmPaths = '/ort/';

const devices = webDevices({ load: async (device) => (device === 'webgpu' ? webgpu : wasm) });
const decodeJpeg = mozJpegDecoder(new URL('/mozjpeg_dec.wasm', location.origin));

async function browsersOwn(bytes: Uint8Array, type: string): Promise<RgbImage> {
  const bitmap = await createImageBitmap(new Blob([bytes], { type }), {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.drawImage(bitmap, 0, 0);
  const { data: rgba } = context.getImageData(0, 0, width, height);
  return {
    width,
    height,
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => rgba[Math.trunc(i / 3) * 4 + (i % 3)]!),
  };
}

/** `ownJpeg`: JPEG by the browser's decoder instead of the one that is the same everywhere. */
async function score(device: 'wasm' | 'webgpu', ownJpeg: boolean): Promise<ScoredFile[]> {
  const work = await fetchWork(location.origin);
  return scoreFiles(work, device, devices, (bytes, range) =>
    decodeImagePortable(bytes, { range, ...(ownJpeg ? { decodeOther: browsersOwn } : { decodeJpeg }) }),
  );
}

Object.assign(globalThis, { score });
