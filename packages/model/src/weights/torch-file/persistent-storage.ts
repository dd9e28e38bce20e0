import { damaged } from './pickle-reader.js';
import { PickleGlobal, PickleStorage, type PickleValue } from './pickle-value.js';

/**
 * The storage that a persistent id of torch names: ("storage", type, key, location, length), in old files with a sixth
 * element that is None unless the storage is part of another.
 * @throws WeightsError for anything else
 */
export function persistentStorage(id: PickleValue): PickleStorage {
  if (!Array.isArray(id)) throw damaged('a persistent id is not a tuple');
  const [kind, type, key, , length, view] = id;
  if (kind !== 'storage' || !(type instanceof PickleGlobal) || typeof key !== 'string') {
    throw damaged('a persistent id names no storage');
  }
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0) {
    throw damaged('a storage has no length');
  }
  if (view !== undefined && view !== null)
    throw damaged('a storage is part of another, as no file since 2018 has it');
  return new PickleStorage(type.name, key, length);
}
