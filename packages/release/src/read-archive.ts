import { list, type ReadEntry } from 'tar';
import type { Manifest } from './workspaces.js';

/** The files of a packed package by their paths inside of it. */
export async function readArchive(tarball: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const onReadEntry = (entry: ReadEntry): void => {
    const chunks: Buffer[] = [];
    entry.on('data', (chunk: Buffer) => chunks.push(chunk));
    entry.on('end', () => files.set(entry.path.replace(/^package\//, ''), Buffer.concat(chunks)));
  };
  await list({ file: tarball, onReadEntry });
  return files;
}

export function manifestIn(files: ReadonlyMap<string, Buffer>): Manifest {
  return JSON.parse(String(files.get('package.json'))) as Manifest;
}
