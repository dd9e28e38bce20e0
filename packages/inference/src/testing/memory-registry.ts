import { createHash } from 'node:crypto';
import type { BundleSource } from '@cflow/detector';
import { memoryBundle } from '@cflow/detector/testing';
import { BUNDLE_FILES, CflowError } from '@cflow/spec';
import type { RegistryReader } from '@cflow/store';

/** Bundles and aliases in memory: what inference needs of a registry. */
export class MemoryRegistry implements Pick<RegistryReader, 'resolve' | 'bundle'> {
  readonly aliases: Map<string, string> = new Map();
  readonly #bundles: Map<string, ReadonlyMap<string, Uint8Array>> = new Map();
  /** When set, the storage cannot be reached. */
  down = false;
  /** Bundles that were asked for, in order. */
  readonly opened: string[] = [];

  /** Gives the version. */
  add(name: string, files: ReadonlyMap<string, Uint8Array>, alias?: string): string {
    const manifest = files.get(BUNDLE_FILES.manifest) as Uint8Array;
    const version = createHash('sha256').update(manifest).digest('hex');
    this.#bundles.set(`${name}@${version}`, files);
    if (alias !== undefined) this.aliases.set(`${name}@${alias}`, version);
    return version;
  }

  async resolve(name: string, reference: string): Promise<string> {
    if (this.down) throw new CflowError('store', 'the storage cannot be reached', { retryable: true });
    const version = this.aliases.get(`${name}@${reference}`) ?? reference;
    if (this.#bundles.has(`${name}@${version}`)) return version;
    throw new CflowError('store', `there is no detector ${name}@${reference}`);
  }

  bundle(name: string, version: string): BundleSource {
    this.opened.push(`${name}@${version}`);
    if (this.down) throw new CflowError('store', 'the storage cannot be reached', { retryable: true });
    const files = this.#bundles.get(`${name}@${version}`) as ReadonlyMap<string, Uint8Array>;
    return memoryBundle(files, `${name}@${version.slice(0, 12)}`);
  }
}
