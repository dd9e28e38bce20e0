import type { RgbImage } from '@cflow/spec';

/** Among so many of the first images the one for the probe is chosen, so that few are read again. */
const CHOICE = 16;

/**
 * The image for the golden probe: of the first ones that with the median score. The score of an image that is far from
 * all good ones is as high as a score can be, and stays there whatever a device gets wrong.
 *
 * @param batches The images once more, in the order of their scores
 */
export async function probePicture(
  scores: readonly number[],
  batches: AsyncIterable<readonly RgbImage[]>,
): Promise<RgbImage> {
  const ranked = scores
    .slice(0, CHOICE)
    .map((score, index) => ({ score, index }))
    .sort((a, b) => a.score - b.score);
  const wanted = ranked[Math.floor(ranked.length / 2)]?.index ?? 0;
  let next = 0;
  for await (const images of batches) {
    const image = images[wanted - next];
    if (image) return image;
    next += images.length;
  }
  throw new RangeError(`expected the ${scores.length} images that were scored, got ${next}`);
}
