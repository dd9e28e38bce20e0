import type { DetectOptions, Detector } from '@cflow/detector';
import { type DecodeImageOptions, decodeImage, type ImageLimits, readImages } from '@cflow/images/node';
import { CflowError, ImageError, type Prediction, type RgbImage } from '@cflow/spec';
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

export interface ScoreFramesOptions extends Omit<DetectOptions, 'layers' | 'spans'> {
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
  const { range, outOfRange, inputSize, geometry } = detector.manifest.configuration;
  const scored: ScoredFrame[] = [];
  const read: ReadFrame[] = [];
  const files: { path: string; stamp: string; frame: Frame }[] = [];
  for (const frame of frames) {
    const { picture } = frame;
    if ('path' in picture) files.push({ ...picture, frame });
    else if ('image' in picture) read.push({ frame, image: picture.image, original: picture.image });
    else {
      const decoded = await decodeFrame(frame, picture.bytes, { range, outOfRange, ...limits });
      if ('error' in decoded) scored.push(decoded);
      else read.push(decoded);
    }
  }
  const reading = new Map(files.map(({ frame }) => [frame, frame.span?.begin('read')]));
  const images = readImages(files, {
    range,
    outOfRange,
    ...(limits && { limits }),
    ...(options.signal && { signal: options.signal }),
    ...(!ownSize && { canvas: { inputSize, geometry } }),
  });
  for await (const { item, image, original } of images) {
    reading.get(item.frame)?.end();
    if ((await fileStamp(item.path)) === item.stamp) read.push({ frame: item.frame, image, original });
  }
  for (const { item, error } of images.unreadable) {
    reading.get(item.frame)?.end({ error });
    if ((await fileStamp(item.path)) === item.stamp) scored.push({ frame: item.frame, error });
  }
  const outcomes = await predictAll(detector, read, options);
  for (const [i, each] of read.entries())
    scored.push({ ...each, ...(outcomes[i] as { prediction: Prediction } | { error: ImageError }) });
  return scored.sort((a, b) => a.frame.number - b.frame.number);
}

async function decodeFrame(
  frame: Frame,
  bytes: Uint8Array,
  options: DecodeImageOptions,
): Promise<ReadFrame | { frame: Frame; error: ImageError }> {
  const reading = frame.span?.begin('read');
  try {
    const image = await decodeImage(bytes, options);
    reading?.end();
    return { frame, image, original: image };
  } catch (error) {
    reading?.end({ error });
    if (!CflowError.isInstance(error) || error.code !== 'image') throw error;
    return { frame, error: error as ImageError };
  }
}

/**
 * A prediction for each frame. One that the device gives no number for, where it does for others, must not end the line again and
 * again: it counts as a frame that cannot be read.
 */
async function predictAll(
  detector: Detector,
  frames: readonly ReadFrame[],
  options: DetectOptions,
): Promise<({ prediction: Prediction } | { error: ImageError })[]> {
  const images = frames.map(({ image }) => image);
  try {
    const spans = frames.map(({ frame }) => frame.span);
    const pictures = frames.map(({ original }) => original);
    const predictions = await detector.predictBatch(images, { ...options, spans, pictures });
    return predictions.map((prediction) => ({ prediction }));
  } catch (error) {
    if (!isDeviceError(error)) throw error;
    if (frames.length > 1) {
      const alone = [];
      for (const frame of frames) alone.push(...(await predictAll(detector, [frame], options)));
      return alone;
    }
    // Is it the frame, or the device? This throws when it is the device.
    const [frame] = frames as [ReadFrame];
    const { width, height } = frame.image;
    await detector.predict({ width, height, data: new Uint8Array(width * height * 3).fill(128) }, options);
    const message = `${frame.frame.name}: cannot be scored: ${error.message.split('\n').join('; ')}`;
    return [{ error: new ImageError(message, { cause: error }) }];
  }
}

const isDeviceError = (error: unknown): error is CflowError =>
  CflowError.isInstance(error) && error.code === 'device';
