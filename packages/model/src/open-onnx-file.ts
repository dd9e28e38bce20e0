import { basename, dirname, join } from 'node:path';
import { type ExternalLocation, readModel } from '@cflow/onnx';
import { WeightsError } from '@cflow/spec';
import type { PixelNormalization } from './backbones/architecture.js';
import { findImageInput } from './backbones/find-image-input.js';
import type { OnnxNetwork } from './backbones/onnx-backbone.js';
import { asWeightsError } from './backbones/onnx-weights-error.js';
import type { RunModel } from './backbones/tap-types.js';
import { openWeightsFile, readWeightsFile } from './read-weights-file.js';

export interface OnnxFileOptions {
  /** The model's input that takes the image; needed when there are several that could. */
  imageInput?: string | undefined;
  /** Default: ImageNet's. */
  normalization?: PixelNormalization | undefined;
  run?: RunModel | undefined;
}

/** @throws WeightsError for a file that is not an ONNX model; as {@link findImageInput} and {@link readWeightsFile} */
export async function openOnnxFile(
  path: string,
  { imageInput, normalization, run }: OnnxFileOptions,
): Promise<{ network: OnnxNetwork; sha256: string }> {
  const name = basename(path);
  const { bytes, sha256 } = await readWeightsFile(path);
  const model = asWeightsError(name, () => readModel(bytes));
  const image = findImageInput(name, model, imageInput);
  const folder = dirname(path);
  const readExternal = (location: ExternalLocation) => readRange(folder, location);
  return { network: { name, model, image, normalization, readExternal, run }, sha256 };
}

/** Bytes of a file that lies beside the model, at a path that the model itself cannot lead elsewhere. */
async function readRange(folder: string, { path, offset, length }: ExternalLocation): Promise<Uint8Array> {
  const file = await openWeightsFile(join(folder, path));
  try {
    // Before memory is taken for what the model claims.
    const { size } = await file.stat();
    if (offset + length > size) {
      throw new WeightsError(
        `"${path}" is cut short: the model wants ${length} bytes from byte ${offset} on, and it has ${size}`,
        { details: { file: path, offset, length, size } },
      );
    }
    const bytes = new Uint8Array(length);
    let read = 0;
    while (read < length) {
      const { bytesRead } = await file.read(bytes, read, length - read, offset + read);
      if (bytesRead === 0)
        throw new WeightsError(`"${path}" was cut short while it was read`, { retryable: true });
      read += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
