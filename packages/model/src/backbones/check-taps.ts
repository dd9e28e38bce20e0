import type { ForeignModel } from '@cflow/onnx';
import { ConfigurationError, nearNames } from '@cflow/spec';

// More would hide the message.
const MAX_SUGGESTED = 12;

/** @throws ConfigurationError for names that are not tensors which the model's nodes make, saying which there are */
export function checkTaps(file: string, model: ForeignModel, layers: readonly string[]): void {
  const made = new Set(model.nodes.flatMap(({ output }) => output.filter((name) => name !== '')));
  const suggested = suggestTaps(model);
  const hint = suggested.length > 0 ? ` Usual ones: ${suggested.join(', ')}` : '';
  const details = { backbone: file, layers, suggested };
  if (layers.length === 0) {
    throw new ConfigurationError(`name the tensors of ${file} to tap, as layers.${hint}`, { details });
  }
  const unknown = layers.filter((layer) => !made.has(layer));
  if (unknown.length > 0) {
    const near = unknown.flatMap((layer) => nearNames(layer, [...made]));
    const similar = near.length > 0 ? ` Near names: ${near.join(', ')}.` : '';
    throw new ConfigurationError(
      `${file} makes no tensor ${unknown.map((layer) => `"${layer}"`).join(', ')}.${similar}${hint}`,
      { details: { ...details, unknown, near } },
    );
  }
  const twice = layers.find((layer, index) => layers.indexOf(layer) !== index);
  if (twice !== undefined) throw new ConfigurationError(`layer "${twice}" is named twice`, { details });
  // What the backbone's own graph declares.
  const reserved = layers.find((layer) => ['image', 'pixel_mean', 'pixel_scale'].includes(layer));
  if (reserved !== undefined) {
    throw new ConfigurationError(`a tensor named "${reserved}" cannot be tapped: the name is taken`, {
      details,
    });
  }
}

/**
 * Names of the tensors that one would usually tap, shallow to deep: the last before each step to a lower resolution,
 * the last before the final pooling, and outputs that are feature maps already; of a transformer what goes on from block to
 * block: sums that the next sum takes as well as a norm.
 */
export function suggestTaps({ nodes, outputs }: ForeignModel): string[] {
  const maps = new Set(outputs.filter(({ shape }) => shape?.length === 4).map(({ name }) => name));
  const lastConvolution = nodes.findLastIndex(({ opType }) => opType === 'Conv');
  const suggested = new Set<string>();
  for (const { opType, attribute, input } of nodes) {
    const strided =
      ['Conv', 'MaxPool', 'AveragePool'].includes(opType) &&
      attribute.some(({ name, ints }) => name === 'strides' && ints.some((stride) => stride > 1n));
    if (strided) suggested.add(input[0] ?? '');
  }
  // Pooling before the last convolution is part of an attention.
  const pooling = nodes
    .slice(lastConvolution + 1)
    .find(({ opType }) => ['GlobalAveragePool', 'ReduceMean', 'Flatten'].includes(opType));
  suggested.add(pooling?.input[0] ?? '');
  for (const name of residuals(nodes)) suggested.add(name);
  const made = nodes.flatMap(({ output }) => output);
  return made.filter((name) => name !== '' && (maps.has(name) || suggested.has(name))).slice(-MAX_SUGGESTED);
}

/** Layer norms that an exporter wrote out begin with a mean. */
const NORMS = ['LayerNormalization', 'ReduceMean'];

function residuals(nodes: ForeignModel['nodes']): string[] {
  const takenBy = (operators: readonly string[]): Set<string> =>
    new Set(nodes.filter(({ opType }) => operators.includes(opType)).flatMap(({ input }) => input));
  const [summed, normed] = [takenBy(['Add']), takenBy(NORMS)];
  return nodes
    .filter(({ opType }) => opType === 'Add')
    .flatMap(({ output }) => output)
    .filter((name) => summed.has(name) && normed.has(name));
}
