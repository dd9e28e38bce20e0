import { blockSizes, type HeadLayer } from '@cflow/model';
import type { Graph } from '@cflow/onnx';

/** Multiplications that all decoders need for one image: two products per coupling block and position. */
export function headMultiplications(layers: readonly HeadLayer[]): number {
  return layers
    .map(({ decoder, height, width }) => {
      const { passive, active, hidden } = blockSizes(decoder);
      return decoder.couplingBlocks * height * width * (hidden * passive + 2 * active * hidden);
    })
    .reduce((sum, each) => sum + each, 0);
}

/** Multiplications of a network's convolutions for one image. */
export function graphMultiplications({ nodes }: Graph): number {
  return nodes
    .filter(({ operator }) => operator === 'Conv')
    .map(({ inputs, outputs }) => {
      const product = (dims: readonly (number | string)[] = []): number =>
        dims.reduce<number>((total, dim) => total * Number(dim), 1);
      // The weight is [out, in / groups, kh, kw]: each number that comes out is a sum over all but the first.
      return product(outputs[0]?.shape.slice(1)) * product(inputs[1]?.shape.slice(1));
    })
    .reduce((sum, each) => sum + each, 0);
}
