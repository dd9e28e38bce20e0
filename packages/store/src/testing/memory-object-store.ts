import { sha256Hex } from '@cflow/detector';
import { checkFolderPrefix, checkKey, checkPrefix } from '../object-key.js';
import type { ObjectInfo, ObjectStore } from '../object-store.js';
import { readAll, streamOf } from '../read-all.js';
import { wrongContent } from '../wrong-content.js';

/** Objects in memory. */
export function memoryObjectStore(name = 'memory'): ObjectStore {
  const objects = new Map<string, ObjectInfo & { bytes: Uint8Array }>();
  let writes = 0;
  const keys = (prefix: string): string[] =>
    [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  const infoOf = (key: string): ObjectInfo | undefined => {
    const found = objects.get(key);
    if (!found) return undefined;
    const { bytes: _, ...info } = found;
    return info;
  };
  return {
    name,
    async head(key) {
      checkKey(key);
      return infoOf(key);
    },
    async get(key, { range, signal } = {}) {
      checkKey(key);
      signal?.throwIfAborted();
      const info = infoOf(key);
      const bytes = objects.get(key)?.bytes;
      if (!info || !bytes) return undefined;
      return { ...info, body: streamOf(range ? bytes.slice(range.start, range.end + 1) : bytes) };
    },
    async put(key, content, { ifMatch, sha256, signal } = {}) {
      checkKey(key);
      signal?.throwIfAborted();
      const bytes =
        content instanceof Uint8Array
          ? content.slice()
          : await readAll(content, Number.MAX_SAFE_INTEGER, key);
      const found = sha256 === undefined ? undefined : await sha256Hex(bytes);
      if (found !== sha256) throw wrongContent(key, sha256 as string, found as string);
      if (ifMatch !== undefined && objects.get(key)?.etag !== (ifMatch ?? undefined))
        return { written: false };
      const etag = String(++writes);
      objects.set(key, { key, size: bytes.length, etag, modifiedAt: Date.now(), bytes });
      return { written: true, etag };
    },
    async delete(key) {
      checkKey(key);
      objects.delete(key);
    },
    async list(prefix, { limit, after }) {
      checkPrefix(prefix);
      const after_ = keys(prefix).filter((key) => after === undefined || key > after);
      return after_.slice(0, limit).map((key) => infoOf(key) as ObjectInfo);
    },
    async listNames(prefix, { limit, after }) {
      checkFolderPrefix(prefix);
      const rest = keys(prefix).map((key) => key.slice(prefix.length));
      const names = new Set(
        rest.filter((key) => key.includes('/')).map((key) => key.split('/')[0] as string),
      );
      return [...names].filter((each) => after === undefined || `${each}/` > `${after}/`).slice(0, limit);
    },
  };
}
