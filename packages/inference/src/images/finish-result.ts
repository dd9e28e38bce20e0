import { pixelThreshold, pixelThresholdOf, scoreThreshold, verdictOf, warningsOf } from '@cflow/detector';
import { fittedSize } from '@cflow/images';
import type { DetectorSettings, PredictRequestOptions } from '@cflow/spec';
import { ignoredBy, settledOptions } from '@cflow/store';
import type { RawOutput } from '../batches/batch.js';
import type { Resident } from '../detectors/resident.js';
import type { InferenceResult } from '../inference.js';
import type { ImageWork, PreparedImage } from './image-work.js';

/** An image that a detector has scored. */
export interface ScoredImage {
  resident: Resident;
  output: RawOutput;
  prepared: PreparedImage;
  /** Which of the prepared inputs it was scored by. */
  group: number;
  /** Its place in the request. */
  image: number;
  asked: PredictRequestOptions;
}

/** The answer: a verdict by the thresholds in force, and the parts of the map that were asked for. */
export async function finishResult(
  { resident, output, prepared, group, image, asked }: ScoredImage,
  settings: DetectorSettings | undefined,
  work: ImageWork,
  signal: AbortSignal,
): Promise<InferenceResult> {
  const { manifest, pool, name, version } = resident;
  const options = settledOptions(asked, settings, version);
  const { inputSize, geometry, method } = manifest.configuration;
  const canvas = { inputSize, geometry };
  const original = { width: prepared.width, height: prepared.height };
  const { width, height } = fittedSize(prepared, canvas);
  const threshold = scoreThreshold(manifest, options);
  const regionsFrom = pixelThreshold(manifest, options);
  const { score, regions, map, overlay } = output.map
    ? await work.finish(
        {
          device: pool.device,
          score: output.score,
          map: { width: inputSize[1], height: inputSize[0], data: output.map },
          original,
          canvas,
          method,
          calibration: manifest.calibration,
          pixelThreshold: regionsFrom,
          ownPixelThreshold: pixelThresholdOf(manifest),
          regions: options.regions,
          minArea: options.minArea,
          minShare: options.minShare,
          maxRegions: options.maxRegions,
          format: options.map,
          ignore: ignoredBy(settings, { width, height }, prepared.ignore?.[group]),
          picture: prepared.picture,
        },
        signal,
      )
    : { score: output.score };
  const warnings = warningsOf({ ...original, warnings: prepared.warnings[group] ?? [] }, manifest);
  return {
    image,
    detector: { name, version, device: pool.device },
    ...verdictOf(score, threshold, manifest),
    pixelThreshold: regionsFrom,
    ...(manifest.precisionMode && { precisionMode: manifest.precisionMode }),
    original,
    mapSize: { width, height },
    ...(regions && { regions }),
    ...(map && { map }),
    ...(overlay !== undefined && { overlay: { contentType: 'image/png', data: overlay } }),
    ...(warnings && { warnings }),
  };
}
