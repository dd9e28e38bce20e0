import type { Tensor } from '@cflow/onnx';
import { numbersOf } from './channel-affine.js';

/**
 * Whether a block's subnet gives 0 whatever it sees, as where training let the first block only standardize: its last
 * layer is 0, or it is not there at all, as in a bundle.
 *
 * @param tensor looks up a parameter of the block, e.g. `subnet.2.weight`
 */
export function isSilentSubnet(tensor: (name: string) => Tensor | undefined): boolean {
  return isZero(tensor('subnet.2.bias')) && isZero(tensor('subnet.2.weight'));
}

function isZero(tensor: Tensor | undefined): boolean {
  const numbers = tensor ? numbersOf(tensor) : [];
  for (let i = 0; i < numbers.length; i++) if (numbers[i] !== 0) return false;
  return true;
}
