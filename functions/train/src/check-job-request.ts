import { checkLayers, findArchitecture } from '@cflow/model';
import { ConfigurationError, type JobRequest } from '@cflow/spec';

/** What a network or a training step needs grows with these; beyond them a job would only take a machine down. */
const MOST: Readonly<Record<string, number>> = {
  couplingBlocks: 64,
  conditionVector: 2048,
  fiberBatchSize: 65_536,
};
const LARGEST_INPUT = 2048;
/** In tiles, whose size does not decide about the network's memory. */
const LARGEST_TILED = 4096;

/**
 * Checks what a job asks for, since anybody may have sent it: the backbone by one of the names that are known here,
 * never a path or an address, layers that it has, and sizes that a machine can be expected to bear.
 * @throws ConfigurationError
 */
export function checkJobRequest({ configuration }: JobRequest): void {
  const { backbone, layers, inputSize, geometry } = configuration;
  if (backbone !== undefined) checkBackboneName(backbone, layers);
  for (const [key, most] of Object.entries(MOST)) {
    const value = configuration[key as keyof typeof configuration];
    if (typeof value === 'number' && value > most) {
      throw new ConfigurationError(`${key} is ${value}; at most ${most} are allowed in a job`, {
        details: { key, value, most },
      });
    }
  }
  const largest = geometry === 'tiles' ? LARGEST_TILED : LARGEST_INPUT;
  if (inputSize?.some((pixels) => pixels > largest)) {
    throw new ConfigurationError(
      `inputSize is ${inputSize.join(' x ')}; at most ${largest} x ${largest} are allowed in a job`,
      { details: { key: 'inputSize', value: inputSize, most: largest } },
    );
  }
}

function checkBackboneName(name: string, layers: readonly string[] = []): void {
  if (name === 'embedded') return;
  if (!/^[a-z0-9_]+(\.[a-z0-9_]+)?$/.test(name)) {
    throw new ConfigurationError(
      `expected the name of a backbone, such as embedded, resnet18 or resnet18.a1_in1k, got "${name.slice(0, 100)}"`,
      { details: { backbone: name.slice(0, 100) } },
    );
  }
  checkLayers(findArchitecture(name), layers);
}
