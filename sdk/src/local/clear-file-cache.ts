/** The name of the SDK's cache in Cache Storage; another number when what is in it changes its form. */
export const FILE_CACHE = 'cflow-files-1';

/** Deletes all files that the SDK has kept in this origin's Cache Storage. */
export async function clearFileCache(): Promise<void> {
  await globalThis.caches?.delete(FILE_CACHE);
}
