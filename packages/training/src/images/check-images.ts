import { DataSetError, ImageError, type RgbImage } from '@cflow/spec';

/**
 * @throws ImageError that names the first image whose pixels do not fill its size; DataSetError when there are not at
 * least two to train on
 */
export function checkTrainingImages(images: readonly RgbImage[], heldOut: readonly RgbImage[]): void {
  check(images, 'images');
  check(heldOut, 'heldOut');
  if (images.length >= 2) return;
  throw new DataSetError(
    `${images.length === 1 ? 'there is one good image' : 'there are no good images'} to train on; ` +
      'at least 2 are needed, and 20 or more to train well',
    { details: { goodImages: images.length } },
  );
}

function check(images: readonly RgbImage[], list: string): void {
  images.forEach(({ width, height, data }, index) => {
    const whole = Number.isSafeInteger(width) && Number.isSafeInteger(height) && width > 0 && height > 0;
    if (whole && data.length === width * height * 3) return;
    throw new ImageError(
      `${list}[${index}] is not a RGB image: ${width} x ${height} pixels need ${width * height * 3} bytes, got ${data.length}`,
      { details: { list, index, width, height, bytes: data.length } },
    );
  });
}
