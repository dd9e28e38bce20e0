import { type Graph, op, type Tensor, type Value } from '@cflow/onnx';
import { WeightsError } from '@cflow/spec';
import type { ImageStatistic, MemoryBank } from './memory-banks.js';

type BankName = MemoryBank['name'];

/** Name of what a bank has of one layer: `memory.<bank>.projection.<layer>`, [channels, components]. */
export const projectionName = (bank: BankName, layer: string): string => `memory.${bank}.projection.${layer}`;

/**
 * Name of a bank's tensor: `offset` [components], added after the projection; `rows` [count, components], what good places
 * look like; `usual` and `spread` [1, positions], distance of good images at each place, its mean and deviation.
 */
export const bankTensorName = (bank: BankName, part: 'offset' | 'rows' | 'usual' | 'spread'): string =>
  `memory.${bank}.${part}`;

/**
 * Name of what is known of whole images: `mean` and `scale` [length], what each number is taken less of and divided by; `axes`
 * [count, length], directions that good images then differ in, each scaled by the root of the share that it is discounted
 * by; `ridge` [1], the variance in every other direction.
 */
export const statisticTensorName = (
  statistic: ImageStatistic,
  part: 'mean' | 'scale' | 'axes' | 'ridge',
): string => `image.${statistic}.${part}`;

/** Names of mean and deviation [1 + statistics] of what adds up to a score, over good images: the map's part first. */
export const SCORE_MEANS = 'score.means';
export const SCORE_DEVIATIONS = 'score.deviations';

/** Takes parameters as constants of a graph: float32, whatever they are stored in. */
export type TakeConstant = (name: string, dims: readonly (number | undefined)[]) => Value;

/**
 * @returns what turns a parameter into a constant of the graph; an undefined size may be any
 * @throws WeightsError for one that is missing or of another shape
 */
export function constantsOf(graph: Graph, parameters: ReadonlyMap<string, Tensor>): TakeConstant {
  return (name, dims) => {
    const tensor = parameters.get(name);
    const fits =
      tensor?.dims.length === dims.length &&
      dims.every((dim, axis) => dim === undefined || dim === tensor.dims[axis]);
    if (!tensor || !fits) {
      const expected = dims.map((dim) => dim ?? 'any').join(', ');
      throw new WeightsError(
        `the head needs "${name}" of shape [${expected}], got ${tensor ? `[${tensor.dims.join(', ')}]` : 'none'}; ` +
          'give the parameters of a memory of these layers',
        { details: { tensor: name, found: tensor ? tensor.dims : null } },
      );
    }
    const constant = graph.constant(tensor, name);
    return tensor.type === 'float16' ? op.Cast(constant, 'float32') : constant;
  };
}
