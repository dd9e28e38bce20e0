import type { ForeignModel } from '@cflow/onnx';
import { ConfigurationError } from '@cflow/spec';
import { nearNames } from '../weights/near-names.js';

// More would hide the message.
const MAX_SUGGESTED = 12;

/** @throws ConfigurationError for names that are not tensors which the model's nodes make, saying which there are */
export function checkTaps(file: string, model: ForeignModel, layers: readonly string[]): void {
  const made = new Set(model.nodes.flatMap(({ output }) => output.filter((name) => name !== '')));
  const suggested = suggestTaps(model);
  const hint = suggested.length > 0 ? ` The last of each resolution: ${suggested.join(', ')}` : '';
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

/** Names of the tensors before each step to a lower resolution: usually what one wants to tap, shallow to deep. */
export function suggestTaps({ nodes }: ForeignModel): string[] {
  const made = new Set<string>();
  const found = new Set<string>();
  for (const { opType, attribute, input, output } of nodes) {
    const strided =
      ['Conv', 'MaxPool', 'AveragePool'].includes(opType) &&
      attribute.some(({ name, ints }) => name === 'strides' && ints.some((stride) => stride > 1n));
    const pooled = ['GlobalAveragePool', 'ReduceMean', 'Flatten'].includes(opType);
    const [source = ''] = input;
    if ((strided || pooled) && made.has(source)) found.add(source);
    for (const name of output) made.add(name);
  }
  return [...found].slice(-MAX_SUGGESTED);
}
