import { ConfigurationError } from '@cflow/spec';

// Fewer pixels than the stride of the deepest layer of all leave a map of one position at most.
const SMALLEST = 32;
const LARGEST = 8192;

/** @throws ConfigurationError for a size in pixels that no backbone here takes */
export function checkInputSize([height, width]: readonly [number, number]): void {
  for (const size of [height, width]) {
    if (!Number.isInteger(size) || size < SMALLEST || size > LARGEST) {
      throw new ConfigurationError(
        `images are ${SMALLEST} to ${LARGEST} pixels on each side where they enter the backbone, got ${height} x ${width}`,
        { details: { height, width } },
      );
    }
  }
}
