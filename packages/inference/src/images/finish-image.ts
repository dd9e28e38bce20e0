import { highest, inspectMap } from '@cflow/detector';
import { pictureMap } from '@cflow/images';
import { DeviceError, type MapPayload, type RgbImage, type ScalarMap } from '@cflow/spec';
import { anomalyScale, drawFindings } from '@cflow/visual';
import type { FinishedImage, FinishTask, ImageCodecs } from './image-work.js';

/**
 * The second half of the work on pixels: verdict, regions, map and overlay of one image, from what the engine gave.
 * @throws ConfigurationError when the mask leaves no pixel
 */
export async function finishImage(task: FinishTask, codecs: ImageCodecs): Promise<FinishedImage> {
  const { picture, format, ownPixelThreshold, pixelThreshold, canvas, method } = task;
  refuseNaN(task);
  const map = pictureMap(task.map, task.original, canvas);
  // Where the score is the map's maximum, the padding around a picture takes no part in it.
  const raw = { score: canvas.geometry === 'pad' && method === 'flow' ? highest(map) : task.score, map };
  const { score, regions } = inspectMap(raw, task, { ...task, picture: task.original });
  const drawn = (image: RgbImage): RgbImage =>
    drawFindings(image, map, regions, anomalyScale(ownPixelThreshold, pixelThreshold));
  return {
    score,
    ...(task.regions && { regions }),
    ...(format !== 'none' && { map: await mapPayload(map, format, codecs) }),
    ...(picture && { overlay: codecs.base64(await codecs.encodePng(drawn(picture))) }),
  };
}

async function mapPayload(
  map: ScalarMap,
  format: MapPayload['format'],
  codecs: ImageCodecs,
): Promise<MapPayload> {
  const { width, height } = map;
  if (format === 'f32') return { format, width, height, data: codecs.base64(littleEndian(map.data)) };
  const { png, offset, scale } =
    format === 'png8' ? await codecs.encodeMapPng8(map) : await codecs.encodeMapPng16(map);
  return { format, width, height, data: codecs.base64(png), offset, scale };
}

function refuseNaN({ map, device }: FinishTask): void {
  const { data } = map;
  // A plain loop: ten times as fast as a callback for each pixel.
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue;
    throw new DeviceError('an image cannot be scored', [
      { device, reason: `it gives ${data[i]} as anomaly_map` },
    ]);
  }
}

function littleEndian(data: Float32Array): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) return bytes;
  const view = new DataView(new ArrayBuffer(bytes.length));
  data.forEach((value, i) => {
    view.setFloat32(4 * i, value, true);
  });
  return new Uint8Array(view.buffer);
}
