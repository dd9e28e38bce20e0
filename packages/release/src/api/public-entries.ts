import { join } from 'node:path';
import { publishedWorkspaces, ROOT } from '../workspaces.js';

/**
 * Packages whose types are promised: they change as semantic versioning says. The others are their parts, and may change
 * with any release.
 */
const PROMISED = [
  '@cflow/sdk',
  '@cflow/viewer',
  '@cflow/detector',
  '@cflow/images',
  '@cflow/runtime',
  '@cflow/training',
  '@cflow/inference',
  '@cflow/predict',
  '@cflow/store',
];
/** Entries that are no API: what this repository's tests share, and programs of threads and processes. */
const NOT_PROMISED =
  /^\.\/(testing|reference|image-thread|lane-process|node-worker|node-probe|package\.json|openapi\.json)$/;

export interface PublicEntry {
  /** As it is imported: `@cflow/sdk/local`. */
  name: string;
  /** Of its package. */
  folder: string;
  /** Its declarations. */
  types: string;
}

/** The entries whose types are promised, as they are built. */
export async function publicEntries(): Promise<PublicEntry[]> {
  const entries: PublicEntry[] = [];
  for (const { folder, manifest } of await publishedWorkspaces()) {
    if (!PROMISED.includes(manifest.name)) continue;
    for (const [path, target] of Object.entries(manifest.exports ?? {})) {
      if (NOT_PROMISED.test(path)) continue;
      const place = join(ROOT, folder);
      entries.push({
        name: manifest.name + path.slice(1),
        folder: place,
        types: join(place, typesOf(target)),
      });
    }
  }
  return entries;
}

/** Of an entry that is one module, or one for each way of importing. */
function typesOf(target: unknown): string {
  const { types, import: module } = target as { types?: string; import?: { types: string } };
  return types ?? (module?.types as string);
}
