import { ImageError, type Mask } from '@cflow/spec';

interface Size {
  width: number;
  height: number;
}

/**
 * Whether a mask is of the same shape as its image, at whatever scale, so that it can be laid over it: one side may be a pixel
 * off, as scaling rounds.
 */
export function isSameShape(mask: Size, image: Size): boolean {
  return (
    Math.abs(mask.width - (image.width * mask.height) / image.height) <= 1 ||
    Math.abs(mask.height - (image.height * mask.width) / image.width) <= 1
  );
}

/** What is wrong with the mask of a bad image where no pixel is marked. */
export const NO_MARKS = 'marks nothing: all of its pixels are black (0), in color and in alpha';

/**
 * Checks that a mask says which pixels of an image to ignore.
 * @throws ImageError for a mask that ignores nothing or everything, or is of another shape than the image
 */
export function checkIgnoreMask(mask: Mask, image: Size): void {
  const problem =
    shapeProblem(mask, image) ??
    (!mask.data.includes(1)
      ? 'ignores nothing: all of its pixels are black (0); paint what is to be ignored white, or leave the mask out'
      : !mask.data.includes(0)
        ? 'ignores everything: none of its pixels is black (0); paint what counts black, and in a mask with alpha transparent'
        : undefined);
  if (problem === undefined) return;
  throw new ImageError(`the mask of what to ignore ${problem}`, {
    details: { reason: 'unusable-mask', mask: [mask.width, mask.height], image: [image.width, image.height] },
  });
}

/** What is wrong with a mask of another shape than its image, for the end of "the mask ...". */
export function shapeProblem(mask: Size, image: Size): string | undefined {
  if (isSameShape(mask, image)) return undefined;
  const turned = isSameShape({ width: mask.height, height: mask.width }, image) ? ', which is turned' : '';
  return `is ${mask.width}x${mask.height}, of another shape than the image of ${image.width}x${image.height}${turned}; expected one of the same shape, at any scale`;
}
