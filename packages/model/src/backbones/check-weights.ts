import { WeightsError } from '@cflow/spec';
import type { StateDict } from '../weights/state-dict.js';
import type { Architecture } from './architecture.js';
import { ARCHITECTURES } from './registry.js';
import { type TracedConvolution, traceArchitecture } from './trace.js';

/**
 * Compares a file with an architecture before anything is built: every convolution that the file has in the trunk must
 * be one of the architecture's, and of its shape. A smaller network would fit into the file of a larger one of the
 * same family, and give nonsense. A file may lack the end of the network, from some layer on.
 *
 * @throws WeightsError that names a tensor that does not fit, and the architecture of which the weights are
 */
export function checkWeights(dict: StateDict, architecture: Architecture): void {
  const misfit = firstMisfit(dict, expectedOf(dict, architecture));
  if (misfit === undefined) return;
  const fitting = ARCHITECTURES.filter((other) => firstMisfit(dict, expectedOf(dict, other)) === undefined);
  const names = fitting.map(({ name }) => name);
  // The dictionary knows what comes near a name.
  if (names.length === 0 && misfit.expected && !misfit.found) dict.take(misfit.tensor, misfit.expected);
  const remedy =
    names.length > 0
      ? `They are weights of ${names.join(' or ')}: use the backbone ${names[0]}`
      : 'They are of no architecture built in here; any other network can be given as an ONNX file';
  const expected = misfit.expected ? `a shape of [${misfit.expected.join(', ')}]` : 'no such tensor';
  const found = misfit.found ? `[${misfit.found.join(', ')}]` : 'none';
  throw new WeightsError(
    `the weights are not of ${architecture.name}: for "${misfit.tensor}" it has ${expected}, the file ${found}. ${remedy}`,
    { details: { architecture: architecture.name, ...misfit, fits: names, option: 'backbone' } },
  );
}

interface Misfit {
  tensor: string;
  expected?: readonly number[];
  found?: readonly number[];
}

function expectedOf(dict: StateDict, architecture: Architecture): Map<string, readonly number[]> {
  const layout = dict.has('conv_stem.weight') ? 'timm' : 'torchvision';
  const { convolutions } = traceArchitecture(architecture, layout);
  return new Map(convolutions.map(({ conv, dims }: TracedConvolution) => [`${conv}.weight`, dims]));
}

function firstMisfit(dict: StateDict, expected: ReadonlyMap<string, readonly number[]>): Misfit | undefined {
  const [first] = [...expected];
  let missing: Misfit | undefined;
  for (const [tensor, dims] of expected) {
    const found = dict.dims(tensor);
    if (!found) missing ??= { tensor, expected: dims };
    else if (!sameDims(found, dims)) return { tensor, expected: dims, found };
    else if (missing) return missing;
  }
  // Without its first layer the file has nothing to do with this network.
  if (missing && missing.tensor === first?.[0]) return missing;
  const modules = new Set([...expected.keys()].map((name) => name.split('.')[0]));
  for (const tensor of dict.names) {
    const found = dict.dims(tensor);
    if (found?.length === 4 && modules.has(tensor.split('.')[0]) && !expected.has(tensor)) {
      return { tensor, found };
    }
  }
  return undefined;
}

const sameDims = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((dim, axis) => dim === b[axis]);
