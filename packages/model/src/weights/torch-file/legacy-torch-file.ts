import { isAllowedName } from './allowed-names.js';
import { persistentStorage } from './persistent-storage.js';
import { damaged, PickleReader } from './pickle-reader.js';
import type { PickleStorage, PickleValue } from './pickle-value.js';
import { type ReadPickleOptions, readPickle } from './read-pickle.js';
import { STORAGE_TYPES } from './storage-type.js';
import type { TorchFile } from './torch-file.js';

/** The first of the pickles in a file of torch before 1.6. Source: `torch/serialization.py`. */
const MAGIC = 0x1950a86a20f9469cfc6cn;

/** Whether a file begins as those of torch before 1.6 do. */
export function isLegacyTorchFile(bytes: Uint8Array): boolean {
  // Protocol 2, then an integer of ten bytes: the magic number.
  const start = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
  return start.every((byte, i) => bytes[i] === byte);
}

/**
 * A file of `torch.save` as it was written before torch 1.6, and is since where `_use_new_zipfile_serialization=False`: five
 * pickles (magic number, version, machine, value, keys), then each storage as its length and its elements.
 * @throws WeightsError
 */
export function readLegacyTorchFile(bytes: Uint8Array): TorchFile {
  const storages = new Map<string, PickleStorage>();
  const options: ReadPickleOptions = {
    allows: isAllowedName,
    persistent: (id) => {
      const storage = persistentStorage(id);
      storages.set(storage.key, storage);
      return storage;
    },
  };
  let end = 0;
  const next = (): PickleValue => {
    const read = readPickle(bytes, end, options);
    end = read.end;
    return read.value;
  };
  const magic = next();
  next();
  const machine = next();
  const value = next();
  const keys = next();
  if (magic !== MAGIC || !Array.isArray(keys)) throw damaged('it is not a file of torch.save');
  if (!(machine instanceof Map) || machine.get('little_endian') !== true) {
    throw damaged('its numbers have their highest byte first');
  }
  const starts = storageStarts(bytes, end, keys, storages);
  return {
    value,
    bytes: bytes.length,
    bytesOf: ({ key, length }, type) => {
      const start = starts.get(key);
      if (start === undefined || start + length * type.bytes > bytes.length) {
        throw damaged(`storage "${key.slice(0, 64)}" is missing or cut`);
      }
      return bytes.subarray(start, start + length * type.bytes);
    },
  };
}

/** Where the elements of each storage begin: they lie one after another, in the order of the keys. */
function storageStarts(
  bytes: Uint8Array,
  offset: number,
  keys: readonly PickleValue[],
  storages: ReadonlyMap<string, PickleStorage>,
): Map<string, number> {
  const starts = new Map<string, number>();
  const reader = new PickleReader(bytes, offset);
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    const type = storage && STORAGE_TYPES[storage.type];
    if (!storage || !type) throw damaged('a storage has a type that weights do not have, or none');
    if (reader.uint64() !== storage.length)
      throw damaged('a storage has another length than its tensors say');
    starts.set(storage.key, reader.offset);
    reader.take(storage.length * type.bytes);
  }
  return starts;
}
