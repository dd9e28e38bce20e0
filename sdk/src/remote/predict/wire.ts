import type { Prediction, Region, Size } from '../../detector.js';
import { fromBase64 } from '../bytes/base64.js';
import { ProtocolError } from '../http/errors.js';

/** A prediction as the service sends it. */
export interface PredictionOnTheWire {
  id: string;
  image: number;
  detector: { name: string; version: string; device: string };
  score: number;
  falseAlarmProbability: number;
  label: 'good' | 'bad';
  threshold: number;
  pixelThreshold: number;
  original: Size;
  mapSize: Size;
  precisionMode?: 'throughput';
  warnings?: string[] | undefined;
  regions?: Region[] | undefined;
  map?: { format: string; width: number; height: number; data: string } | undefined;
  overlay?: { contentType: string; data: string } | undefined;
}

/**
 * The predictions of an answer: for each image those of each detector.
 *
 * @throws ProtocolError when they are not as many as were asked for, or a map is not whole
 */
export function readPredictions(
  answer: { predictions?: PredictionOnTheWire[] } | undefined,
  images: number,
  detectors: number,
  milliseconds: number,
): Prediction[][] {
  const found = answer?.predictions;
  if (!Array.isArray(found) || found.length !== images * detectors) {
    throw damaged(`${images * detectors} predictions`);
  }
  const predictions = found.map((each) => readPrediction(each, milliseconds));
  return Array.from({ length: images }, (_, i) => predictions.slice(i * detectors, (i + 1) * detectors));
}

function readPrediction(
  { image, map, overlay, regions, warnings, ...rest }: PredictionOnTheWire,
  milliseconds: number,
): Prediction {
  if (typeof rest.score !== 'number') throw damaged('a score in each prediction');
  return {
    ...rest,
    ...(warnings && { warnings }),
    ...(regions && { regions }),
    ...(map && { map: { width: map.width, height: map.height, data: floats(map) } }),
    ...(overlay && { overlay: new Blob([fromBase64(overlay.data)], { type: 'image/png' }) }),
    where: 'remote',
    milliseconds,
  };
}

// The service sends them as little-endian: on a machine of the other kind a DataView reads them all the same.
function floats({ format, width, height, data }: NonNullable<PredictionOnTheWire['map']>): Float32Array {
  const bytes = fromBase64(data);
  if (format !== 'f32' || bytes.length !== width * height * 4) {
    throw damaged(`a map of ${width} x ${height} float32 values`);
  }
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: width * height }, (_, i) => view.getFloat32(i * 4, true));
}

const damaged = (expected: string): ProtocolError =>
  new ProtocolError(`expected ${expected}: is the service of another version?`);
