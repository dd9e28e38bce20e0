import { fillPlanes, resizeToPlanar } from '@cflow/images';
import { type Tensor, uint8 } from '@cflow/onnx/tensor';
import type { RgbImage } from '@cflow/spec';

/**
 * Images as the backbone's input: resampled to the input size, uint8 [batch, 3, height, width].
 *
 * @param padTo batch size; places beyond the images are black and their results are to be dropped
 * @param fill where pixels are taken from that lie outside the region that counts, see `regionFill`
 */
export function imageBatch(
  images: readonly RgbImage[],
  [height, width]: readonly [number, number],
  padTo: number = images.length,
  fill?: Int32Array,
): Tensor {
  const pixels = 3 * height * width;
  const data = new Uint8Array(padTo * pixels);
  images.forEach((image, i) => {
    resizeToPlanar(image, width, height, data, i * pixels);
    if (fill) fillPlanes(data, fill, i * pixels);
  });
  return uint8([padTo, 3, height, width], data);
}
