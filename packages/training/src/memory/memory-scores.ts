import { type FeatureLayer, memoryHeadGraph } from '@cflow/model';
import { float32, type Tensor, writeModel } from '@cflow/onnx';
import type { Runtime } from '@cflow/runtime';
import type { FeatureSource } from '../features/feature-source.js';

export interface MemoryScoresOptions {
  runtime: Runtime;
  layers: readonly FeatureLayer[];
  features: FeatureSource;
  /** By their place in the feature source: images that the memory was not made of. */
  images: readonly number[];
  /** [height, width] of the anomaly map. */
  imageSize: readonly [number, number];
  /** [height, width] in pixels of the tiles that pictures are looked at in, where they are. */
  tileSize?: readonly [number, number] | undefined;
  /** What the head takes. */
  parameters: ReadonlyMap<string, Tensor>;
  signal: AbortSignal;
}

/** What a memory says of images whose features are there already, [images]. */
export async function memoryScores({
  runtime,
  layers,
  features,
  images,
  imageSize,
  tileSize,
  parameters,
  signal,
}: MemoryScoresOptions): Promise<number[]> {
  const graph = memoryHeadGraph({ layers, imageSize, tileSize, parameters });
  const session = await runtime.createSession({ model: writeModel(graph) });
  try {
    const scores: number[] = [];
    for (const image of images) {
      signal.throwIfAborted();
      const feeds: Record<string, Tensor> = {};
      for (const [index, { name, channels, height, width }] of layers.entries()) {
        const rows = await features.read(index, [image]);
        feeds[name] = float32([1, channels, height, width], channelsFirst(rows, channels));
      }
      const { score } = await session.run(feeds, { signal });
      scores.push(((score as Tensor).data as Float32Array)[0]!);
    }
    return scores;
  } finally {
    await session.dispose();
  }
}

/** Rows [positions, channels] as [channels, positions]. */
function channelsFirst(rows: Float32Array, channels: number): Float32Array {
  const positions = rows.length / channels;
  const map = new Float32Array(rows.length);
  for (let p = 0; p < positions; p++)
    for (let c = 0; c < channels; c++) map[c * positions + p] = rows[p * channels + c]!;
  return map;
}
