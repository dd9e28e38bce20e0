import { type PredictRequestOptions, predictOptionsSchema } from '@cflow/spec';
import type { InferenceRequest, InputImage } from '../inference.js';

export const options = (given: Partial<PredictRequestOptions> = {}): PredictRequestOptions =>
  predictOptionsSchema.parse(given);

/** A request with one detector and options left at their defaults, where nothing else is said. */
export function request(
  images: readonly InputImage[],
  detectors: readonly string[],
  rest: Partial<Omit<InferenceRequest, 'images' | 'detectors'>> = {},
): InferenceRequest {
  return {
    images: images.map((image) => ({ image })),
    detectors: detectors.map((text) => {
      const [name, reference = 'latest'] = text.split('@') as [string, string?];
      return { name, reference };
    }),
    options: options(),
    signal: new AbortController().signal,
    ...rest,
  };
}
