import { type Canvas, drawOnCanvas, fillPlanes, regionFill } from '@cflow/images';
import { type Tensor, uint8 } from '@cflow/onnx/tensor';
import type { RgbImage } from '@cflow/spec';

export interface ImageBatchOptions extends Pick<Canvas, 'geometry'> {
  /** Batch size; places beyond the images are black and their results are to be dropped. Default: one for each image. */
  padTo?: number | undefined;
  /** Where pixels are taken from that lie outside the region that counts, see `regionFill`. */
  fill?: Int32Array | undefined;
}

/** Images as a detector takes them: brought to the input size and filled outside of what counts, uint8 [batch, 3, height, width]. */
export function imageBatch(
  images: readonly RgbImage[],
  inputSize: readonly [number, number],
  { padTo = images.length, fill, geometry }: ImageBatchOptions = {},
): Tensor {
  const [height, width] = inputSize;
  const pixels = 3 * height * width;
  const data = new Uint8Array(padTo * pixels);
  images.forEach((image, i) => {
    drawOnCanvas(image, { inputSize, geometry }, data, i * pixels);
    const own = fill ?? (image.region && regionFill(image.region));
    if (own) fillPlanes(data, own, i * pixels);
  });
  return uint8([padTo, 3, height, width], data);
}
