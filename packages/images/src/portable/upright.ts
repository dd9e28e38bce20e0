import type { RgbImage } from '@cflow/spec';

/**
 * The picture as it is to be looked at. Orientations are those of EXIF: 2 to 4 mirror and turn in place, 5 to 8
 * exchange the axes as well.
 */
export function upright(image: RgbImage, orientation: number): RgbImage {
  if (orientation <= 1 || orientation > 8) return image;
  const { width, height, data } = image;
  const turned = orientation > 4;
  const mirrorX = [2, 3, 7, 8].includes(orientation);
  const mirrorY = [3, 4, 6, 7].includes(orientation);
  const [outWidth, outHeight] = turned ? [height, width] : [width, height];
  const out = new Uint8Array(data.length);
  // How far apart in the file two neighbors are, to the right and downwards in the upright picture.
  const stepX = (turned ? width * (mirrorY ? -1 : 1) : mirrorX ? -1 : 1) * 3;
  const stepY = (turned ? (mirrorX ? -1 : 1) : width * (mirrorY ? -1 : 1)) * 3;
  let row = ((mirrorX ? width - 1 : 0) + (mirrorY ? height - 1 : 0) * width) * 3;
  let to = 0;
  for (let y = 0; y < outHeight; y++, row += stepY) {
    let from = row;
    for (let x = 0; x < outWidth; x++, from += stepX, to += 3) {
      out[to] = data[from]!;
      out[to + 1] = data[from + 1]!;
      out[to + 2] = data[from + 2]!;
    }
  }
  return { width: outWidth, height: outHeight, data: out };
}
