import type { DetectOptions, Detector } from '@cflow/detector';
import { type ImageLimits, readImages } from '@cflow/images/node';
import type { ImageError, Prediction, RgbImage } from '@cflow/spec';
import type { Frame } from './frame.js';
import { fileStamp } from './sources/file-stamp.js';

/** A frame and what the detector says of it, or why it could not be read. */
export type ScoredFrame = { frame: Frame } & (
  | {
      prediction: Prediction;
      /** At its own size where that was asked for, else at the detector's. */
      image: RgbImage;
      original: { width: number; height: number };
    }
  | { error: ImageError }
);

export interface ScoreFramesOptions extends Omit<DetectOptions, 'layers'> {
  /** Keep images at their own size, to draw on. */
  ownSize?: boolean | undefined;
  limits?: ImageLimits | undefined;
}

interface ReadFrame {
  frame: Frame;
  image: RgbImage;
  original: { width: number; height: number };
}

/**
 * Scores frames, in their order. Files that are gone, or were written anew since the source saw them, are left out: nobody
 * has seen all of them.
 *
 * @throws DeviceError, or the signal's reason
 */
export async function scoreFrames(
  detector: Detector,
  frames: readonly Frame[],
  { ownSize, limits, ...options }: ScoreFramesOptions,
): Promise<ScoredFrame[]> {
  const { range, outOfRange, inputSize } = detector.manifest.configuration;
  const [height, width] = inputSize;
  const scored: ScoredFrame[] = [];
  const read: ReadFrame[] = [];
  const files: { path: string; stamp: string; frame: Frame }[] = [];
  for (const frame of frames) {
    const { picture } = frame;
    if ('path' in picture) files.push({ ...picture, frame });
    else read.push({ frame, image: picture.image, original: picture.image });
  }
  const images = readImages(files, {
    range,
    outOfRange,
    ...(limits && { limits }),
    ...(options.signal && { signal: options.signal }),
    ...(!ownSize && { size: { width, height } }),
  });
  for await (const { item, image, original } of images) {
    if ((await fileStamp(item.path)) === item.stamp) read.push({ frame: item.frame, image, original });
  }
  for (const { item, error } of images.unreadable) {
    if ((await fileStamp(item.path)) === item.stamp) scored.push({ frame: item.frame, error });
  }
  const predictions = await detector.predictBatch(
    read.map(({ image }) => image),
    options,
  );
  for (const [i, each] of read.entries()) scored.push({ ...each, prediction: predictions[i] as Prediction });
  return scored.sort((a, b) => a.frame.number - b.frame.number);
}
