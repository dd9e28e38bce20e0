import { ConfigurationError } from '@cflow/spec';
import {
  httpRegistry,
  ObjectRegistry,
  type ObjectStore,
  type R2Bucket,
  type Registry,
  r2ObjectStore,
} from '@cflow/store';
import { assetsRegistry } from './assets-registry.js';
import type { Fetcher, WorkerEnvironment } from './bindings.js';
import { readOnlyRegistry } from './read-only-registry.js';
import type { WorkerVariables } from './worker-configuration.js';

export interface OpenedRegistry {
  registry: Registry;
  /** Where the registry lies, when it can be written to. */
  objects: ObjectStore | undefined;
}

/** The registry that bindings and variables name. @throws ConfigurationError unless it is one */
export function openRegistry(env: WorkerEnvironment, variables: WorkerVariables): OpenedRegistry {
  const { CFLOW_BUCKET: bucket, ASSETS: assets } = env;
  const { CFLOW_REGISTRY_URL: url, CFLOW_DETECTORS: detectors } = variables;
  const given = [bucket, url, detectors].filter((each) => each !== undefined);
  if (given.length !== 1) {
    throw new ConfigurationError(
      `a Worker has its detectors from one place: a bucket that is bound as CFLOW_BUCKET, a service (CFLOW_REGISTRY_URL), or its assets (CFLOW_DETECTORS); got ${given.length} of them`,
    );
  }
  if (bucket !== undefined) {
    const objects = r2ObjectStore({ bucket: bucket as R2Bucket, prefix: variables.CFLOW_BUCKET_PREFIX });
    return { registry: new ObjectRegistry(objects), objects };
  }
  if (url !== undefined) {
    const reader = httpRegistry({ baseUrl: url, apiKey: variables.CFLOW_REGISTRY_KEY });
    return { registry: readOnlyRegistry(reader), objects: undefined };
  }
  if (assets === undefined) {
    throw new ConfigurationError('CFLOW_DETECTORS: the Worker has no assets; bind them as ASSETS');
  }
  const reader = assetsRegistry({
    assets: assets as Fetcher,
    detectors: detectors as readonly string[],
    path: variables.CFLOW_ASSETS_PATH ?? 'detectors',
  });
  return { registry: readOnlyRegistry(reader), objects: undefined };
}
