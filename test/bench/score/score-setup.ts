import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  decoderTensorName,
  findArchitecture,
  type HeadLayer,
  type PackedModel,
  packModel,
  safetensorsOffsets,
  weightTensors,
  writeSafetensors,
} from '@cflow/model';
import type { ExternalRange, Tensor } from '@cflow/onnx';
import type { RgbImage } from '@cflow/spec';
import { randomTensor, trainedLikeParameters } from '../../../packages/model/src/testing/random-decoder.js';
import { withDensePermutations } from '../dense-permutation.js';
import { graphMultiplications, headMultiplications } from './multiplications.js';
import type { ScoreCase } from './score-cases.js';
import { sharedBackbone } from './shared-backbone.js';

/** Everything that the contenders of one case share. */
export interface ScoreSetup {
  layers: readonly HeadLayer[];
  /** By `decoderTensorName`, dense permutations included. */
  parameters: ReadonlyMap<string, Tensor>;
  /** The same in a file, with the inputs and the backbone's weights. */
  file: string;
  /** Where each tensor lies in the file. */
  ranges: ReadonlyMap<string, ExternalRange>;
  /** For `whole` cases. */
  backbone?: PackedModel;
  /** Multiplications of one image in products and convolutions. */
  multiplications: number;
  images: readonly RgbImage[];
  /** For the others: features by layer. */
  features: Readonly<Record<string, Tensor>>;
}

export async function scoreSetup(scoreCase: ScoreCase, folder: string): Promise<ScoreSetup> {
  const { size, batch, whole } = scoreCase;
  const layers = headLayers(scoreCase);
  const parameters = new Map<string, Tensor>();
  layers.forEach(({ name, decoder }, index) => {
    const own = new Map(Object.entries(trainedLikeParameters(decoder, index)));
    for (const [parameter, tensor] of withDensePermutations(own)) {
      parameters.set(decoderTensorName(name, parameter), tensor);
    }
  });
  const images = whole ? Array.from({ length: batch }, (_, index) => noise(size, index)) : [];
  const features = whole
    ? []
    : layers.map(({ name, decoder: { channels }, height, width }, index) => {
        return [name, randomTensor([batch, channels, height, width], 100 + index)] as const;
      });
  const shared = whole ? sharedBackbone(scoreCase) : undefined;
  const bytes = writeSafetensors(
    new Map([
      ...parameters,
      ...features.map(([name, tensor]) => [`features.${name}`, tensor] as const),
      ...[...(shared?.weights ?? [])].map(([name, tensor]) => [`backbone.${name}`, tensor] as const),
      ...(whole ? [['images', normalized(images, scoreCase)] as const] : []),
    ]),
  );
  const file = join(folder, `${scoreCase.name.replaceAll('/', '-')}.safetensors`);
  await writeFile(file, bytes);
  const graph = shared?.backbone.graph;
  return {
    layers,
    parameters,
    file,
    ranges: safetensorsOffsets(bytes),
    images,
    features: Object.fromEntries(features),
    multiplications: headMultiplications(layers) + (graph ? graphMultiplications(graph) : 0),
    ...(graph && { backbone: packModel(graph, weightTensors(graph), 'backbone.safetensors') }),
  };
}

function headLayers({ layers, size, couplingBlocks }: ScoreCase): HeadLayer[] {
  return layers.map(([name, channels, stride]) => ({
    name,
    height: size / stride,
    width: size / stride,
    decoder: {
      kind: 'freia-cflow',
      channels,
      conditionVector: 128,
      couplingBlocks,
      clampAlpha: 1.9,
      permuteSoft: false,
    },
  }));
}

/** Pixels that look like nothing; different for each index. */
function noise(size: number, index: number): RgbImage {
  const values = randomTensor([size * size * 3], 200 + index).data;
  const data = Uint8Array.from(values, (value) => Math.min(255, Math.max(0, 128 + 50 * value)));
  return { width: size, height: size, data };
}

/** Images as the reference takes them: normalized, float32 [batch, 3, height, width]. */
function normalized(images: readonly RgbImage[], { backbone, size }: ScoreCase): Tensor {
  const { mean, deviation } = findArchitecture(backbone).normalization;
  const area = size * size;
  const data = new Float32Array(images.length * 3 * area);
  images.forEach((image, index) => {
    for (let pixel = 0; pixel < area; pixel++) {
      for (let c = 0; c < 3; c++) {
        const value = image.data[3 * pixel + c]! / 255;
        data[(3 * index + c) * area + pixel] = (value - mean[c]!) / deviation[c]!;
      }
    }
  });
  return { type: 'float32', dims: [images.length, 3, size, size], data };
}
