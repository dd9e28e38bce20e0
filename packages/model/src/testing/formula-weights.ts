import type { Tensor } from '@cflow/onnx';
import type { Architecture } from '../backbones/architecture.js';
import { traceArchitecture } from '../backbones/trace.js';
import { formulaTensor } from './formula-tensor.js';

/** Name and shape of every tensor of a trunk, as a file has them. */
export function trunkShapes(
  architecture: Architecture,
  layout: 'timm' | 'torchvision',
): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const { conv, norm, dims } of traceArchitecture(architecture, layout).convolutions) {
    const channels = dims.slice(0, 1);
    shapes.set(`${conv}.weight`, dims);
    if (norm === undefined) shapes.set(`${conv}.bias`, channels);
    else {
      for (const part of ['weight', 'bias', 'running_mean', 'running_var'])
        shapes.set(`${norm}.${part}`, channels);
    }
  }
  return shapes;
}

/** A whole file of weights by formula. */
export function formulaWeights(
  architecture: Architecture,
  layout: 'timm' | 'torchvision',
): Map<string, Tensor> {
  const shapes = trunkShapes(architecture, layout);
  return new Map([...shapes].map(([name, dims]) => [name, formulaTensor(name, dims)]));
}
