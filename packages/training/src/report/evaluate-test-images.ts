import type { Detector } from '@cflow/detector';
import { type Evaluation, evaluateDetector } from '@cflow/detector/node';
import type { ImageLimits, UnreadableImage } from '@cflow/images/node';
import type { DataSetItem } from '@cflow/spec';

/**
 * Evaluates a detector on the test images that can be read. Undefined when there are none: a detector that took hours
 * to train is not to be lost for that.
 */
export async function evaluateTestImages(
  detector: Detector,
  items: readonly DataSetItem[],
  leaveOut: (image: UnreadableImage) => void,
  options: { strict: boolean; signal: AbortSignal; limits?: ImageLimits | undefined },
): Promise<Evaluation | undefined> {
  let left = items.length;
  const onUnreadable = (image: UnreadableImage): void => {
    left -= 1;
    leaveOut(image);
  };
  try {
    return left === 0 ? undefined : await evaluateDetector(detector, items, { ...options, onUnreadable });
  } catch (error) {
    if (left === 0) return undefined;
    throw error;
  }
}
