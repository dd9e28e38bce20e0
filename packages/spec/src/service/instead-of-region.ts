/** Words for a part of a picture that alone counts. */
const REGION = /^(region|roi|region_?of_?interest|include|mask)s?$/i;

/**
 * What takes the place of a region in a prediction, which has the inverse only, and "regions" among its options, which are something else;
 * undefined for names of anything else.
 */
export function insteadOfRegion(name: string): string | undefined {
  return REGION.test(name)
    ? 'what is to be left out goes in "ignore" beside the image, as a mask that is white there and black where the picture counts: ' +
        'the inverse of a region, which a detector keeps from its training'
    : undefined;
}
