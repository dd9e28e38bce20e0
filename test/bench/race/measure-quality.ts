import { auPro, auroc, rankedAuroc, rankPixels } from '@cflow/evaluation';
import { headGraph, LOG_LIKELIHOOD } from '@cflow/model';
import { type Tensor, writeModel } from '@cflow/onnx';
import { createNodeRuntime } from '@cflow/runtime/node';
import type { Mask, ScalarMap } from '@cflow/spec';
import { namedParameters } from '../../../packages/training/src/detector/pack-head.js';
import type { DetectorLayer } from '../../../packages/training/src/prepare/prepare-run.js';
import type { RaceData } from './race-data.js';

/** How well trained decoders tell bad test images, and bad pixels, from good ones. */
export interface Quality {
  imageAuroc: number;
  pixelAuroc: number;
  aupro: number;
}

/** Every so many pixels of a row and of a column count: neighbors say the same. */
const STRIDE = 3;
const BATCH = 8;

/**
 * The figures of a detector made of these decoders. Its constants come from held-out images, as in training; the largest
 * fused likelihood, which moves all scores alike, is left at 0.
 */
export async function measureQuality(
  data: RaceData,
  layers: readonly DetectorLayer[],
  decoders: readonly { parameters: ReadonlyMap<string, Tensor> }[],
  heldOut: readonly number[],
  threads: number,
): Promise<Quality> {
  const parameters = namedParameters(layers, decoders);
  const { inputSize: imageSize, test } = data;
  const runtime = createNodeRuntime({ device: 'cpu', threads });
  try {
    const plain = await runtime.createSession({
      model: writeModel(headGraph({ layers, imageSize, parameters })),
    });
    const maxLogLikelihood = layers.map(() => Number.NEGATIVE_INFINITY);
    for (const places of chunks(heldOut)) {
      const outputs = await plain.run(await maps(data, layers, places));
      layers.forEach(({ name }, i) => {
        const found = (outputs[LOG_LIKELIHOOD + name] as Tensor).data as Float32Array;
        maxLogLikelihood[i] = found.reduce((a, b) => Math.max(a, b), maxLogLikelihood[i]!);
      });
    }
    await plain.dispose();
    const normalization = { kind: 'fixed', maxLogLikelihood, maxLikelihood: 0 } as const;
    const head = await runtime.createSession({
      model: writeModel(headGraph({ layers, imageSize, parameters, normalization })),
    });
    const scores: number[] = [];
    const found: ScalarMap[] = [];
    for (const places of chunks(test.map(({ place }) => place))) {
      const outputs = await head.run(await maps(data, layers, places), { fetches: ['score', 'anomaly_map'] });
      scores.push(...((outputs.score as Tensor).data as Float32Array));
      const [height, width] = imageSize;
      const all = (outputs.anomaly_map as Tensor).data as Float32Array;
      places.forEach((_, i) => {
        const pixels = all.subarray(i * height * width, (i + 1) * height * width);
        found.push(thinned({ width, height, data: pixels }, Float32Array));
      });
    }
    const labels = test.map(({ bad }) => bad);
    const masked = test.flatMap(({ bad, mask }, i) => {
      if (bad && !mask) return [];
      const map = found[i] as ScalarMap;
      const { width, height } = map;
      const good: Mask = { width, height, data: new Uint8Array(width * height) };
      return [{ map, mask: mask ? thinned(mask, Uint8Array) : good }];
    });
    const pixelMaps = masked.map(({ map }) => map);
    const masks = masked.map(({ mask }) => mask);
    return {
      imageAuroc: auroc(scores, labels),
      pixelAuroc: rankedAuroc(rankPixels(pixelMaps, masks)),
      aupro: auPro(pixelMaps, masks),
    };
  } finally {
    await runtime.dispose();
  }
}

function chunks(places: readonly number[]): number[][] {
  return Array.from({ length: Math.ceil(places.length / BATCH) }, (_, i) =>
    places.slice(i * BATCH, (i + 1) * BATCH),
  );
}

/** Stored rows [h · w, C] as the maps [batch, C, h, w] that a head takes. */
async function maps(
  { features }: RaceData,
  layers: readonly DetectorLayer[],
  places: readonly number[],
): Promise<Record<string, Tensor>> {
  const feeds: Record<string, Tensor> = {};
  for (const [index, { name, channels, height, width }] of layers.entries()) {
    const rows = await features.read(index, places);
    const area = height * width;
    const data = new Float32Array(rows.length);
    for (let image = 0; image < places.length; image++) {
      const start = image * area * channels;
      for (let position = 0; position < area; position++)
        for (let c = 0; c < channels; c++)
          data[start + c * area + position] = rows[start + position * channels + c]!;
    }
    feeds[name] = { type: 'float32', dims: [places.length, channels, height, width], data };
  }
  return feeds;
}

function thinned<T extends Float32Array | Uint8Array>(
  { width, height, data }: { width: number; height: number; data: T },
  kind: new (length: number) => T,
): { width: number; height: number; data: T } {
  const [columns, rows] = [Math.ceil(width / STRIDE), Math.ceil(height / STRIDE)];
  const kept = new kind(columns * rows);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) kept[y * columns + x] = data[y * STRIDE * width + x * STRIDE]!;
  return { width: columns, height: rows, data: kept };
}
