import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ObjectStore } from '@cflow/store';
import { cachedObjectStore, openObjectStore } from '@cflow/store/node';
import type { ServiceEnvironment } from './service-configuration.js';

const DEFAULT_STORE = 'cflow-store';
const MEGABYTE = 1_000_000;

export interface OpenedStore {
  objects: ObjectStore;
  /** The store's folder, where it is one: a place for what else must last. */
  folder: string | undefined;
}

/** The store that the environment names; a remote one with a cache on disk, where a folder for it is given. */
export function openStore(environment: ServiceEnvironment): OpenedStore {
  const place = environment.CFLOW_STORE ?? DEFAULT_STORE;
  const store = openObjectStore(place);
  const remote = /^[a-z][a-z0-9+.-]+:\/\//i.test(place) && !place.startsWith('file:');
  if (!remote) {
    return { objects: store, folder: place.startsWith('file:') ? fileURLToPath(place) : resolve(place) };
  }
  const cache = environment.CFLOW_STORE_CACHE;
  const maxBytes = (environment.CFLOW_STORE_CACHE_MB ?? 20_000) * MEGABYTE;
  return {
    objects: cache === undefined ? store : cachedObjectStore(store, join(resolve(cache)), { maxBytes }),
    folder: undefined,
  };
}
