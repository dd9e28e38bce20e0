import type { PackedPackage } from '../../packages/release/src/pack-release.js';
import { manifestIn, readArchive } from '../../packages/release/src/read-archive.js';

/** Programs of threads and processes: they wait for messages of who started them. */
const PROGRAMS = [
  '@cflow/runtime/node-worker',
  '@cflow/runtime/node-probe',
  '@cflow/jobs/pglite-thread',
  '@cflow/inference/image-thread',
  '@cflow/inference/lane-process',
  '@cflow/train-worker/main',
  '@cflow/train-worker/train-process',
  '@cflow/train-worker/inspect-process',
  'cflow',
];
/** Entries for who brings vitest or React, and the one of Cloudflare's runtime. */
const NEED_MORE = /\/(conformance|react|workerd)$/;

export interface Entries {
  /** What a program may import. */
  modules: string[];
  /** What it may require as well. */
  commonJs: string[];
}

/** The entries that packages promise to a program on Node. */
export async function entriesOf(packed: readonly PackedPackage[]): Promise<Entries> {
  const entries: Entries = { modules: [], commonJs: [] };
  for (const { tarball } of packed) {
    const { name, exports = {} } = manifestIn(await readArchive(tarball));
    for (const [path, target] of Object.entries(exports)) {
      const entry = name + path.slice(1);
      if (path.endsWith('.json') || PROGRAMS.includes(entry) || NEED_MORE.test(entry)) continue;
      entries.modules.push(entry);
      if (typeof target === 'object' && target !== null && 'require' in target) entries.commonJs.push(entry);
    }
  }
  return entries;
}
