import { BundleError } from '@cflow/spec';
import type { BundleSource } from '../bundle.js';

/** A bundle whose files lie in memory. */
export function memoryBundle(files: ReadonlyMap<string, Uint8Array>, name = 'test'): BundleSource {
  return {
    name,
    async read(file) {
      const bytes = files.get(file);
      if (!bytes) throw new BundleError(`bundle "${name}" has no ${file}`);
      return bytes;
    },
  };
}
