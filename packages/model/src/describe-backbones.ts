import { type BackboneDescription, describeArchitecture } from './backbones/describe.js';
import { embeddedArchitecture } from './backbones/embedded.js';
import { ARCHITECTURES } from './backbones/registry.js';
import { readObjectronModel } from './weights/embedded-cache.js';
import { embeddedBackboneGraph } from './weights/objectron.js';

/**
 * Every built-in backbone, the embedded one first. Writes nothing to the cache.
 * @throws WeightsError when the package that holds the embedded backbone is missing or damaged
 */
export async function describeBackbones(): Promise<BackboneDescription[]> {
  const embedded = embeddedArchitecture(embeddedBackboneGraph(await readObjectronModel()));
  return [embedded, ...ARCHITECTURES].map(describeArchitecture);
}
