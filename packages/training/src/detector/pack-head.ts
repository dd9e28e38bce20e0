import {
  decoderTensorName,
  type HeadNormalization,
  headGraph,
  isOfFirstSubnet,
  isSilentSubnet,
  type PackedModel,
  packModel,
  trainableShapes,
} from '@cflow/model';
import type { Tensor } from '@cflow/onnx';
import { BUNDLE_FILES } from '@cflow/spec';
import type { DetectorLayer } from '../prepare/prepare-run.js';

/**
 * The head of a detector as the two files that a bundle holds. A first block that only standardizes has no subnet in
 * them: its zeros would be an eighth of all that is stored, read and hashed.
 */
export function packHead(
  layers: readonly DetectorLayer[],
  parameters: ReadonlyMap<string, Tensor>,
  imageSize: readonly [number, number],
  normalization: HeadNormalization,
): PackedModel {
  const stored = withoutSilentSubnets(layers, parameters);
  const graph = headGraph({ layers, imageSize, normalization, parameters: stored });
  return packModel(graph, stored, BUNDLE_FILES.decoders);
}

function withoutSilentSubnets(
  layers: readonly DetectorLayer[],
  parameters: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Tensor> {
  const left = new Map(parameters);
  for (const { name, decoder } of layers) {
    const own = (parameter: string): string => decoderTensorName(name, parameter);
    if (!isSilentSubnet((parameter) => parameters.get(own(`module_list.0.${parameter}`)))) continue;
    for (const [parameter] of trainableShapes(decoder))
      if (isOfFirstSubnet(parameter)) left.delete(own(parameter));
  }
  return left;
}

/** Parameters of all layers by the names that the head knows them by. */
export function namedParameters(
  layers: readonly DetectorLayer[],
  decoders: readonly { parameters: ReadonlyMap<string, Tensor> }[],
): Map<string, Tensor> {
  const named = new Map<string, Tensor>();
  layers.forEach((layer, i) => {
    for (const [name, tensor] of decoders[i]?.parameters ?? [])
      named.set(decoderTensorName(layer.name, name), tensor);
  });
  return named;
}
