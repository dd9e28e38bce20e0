// onnxruntime-node takes weights outside the model in two ways: from files of one folder, mapped into memory, which
// costs nothing until they are read; or from bytes, which it copies. Paths are given the first way where it is
// possible: the engine resolves links and refuses a file that then lies outside the folder or has another name.
import { readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ExternalData, ModelSource } from '../runtime.js';

export interface ReadModel {
  /** Never a path: the engine holds only a model that is given as bytes to a folder. */
  model: Uint8Array;
  externalData?: { path: string; data: Uint8Array }[];
  /** The only folder that the engine may read weights from; none when left out. */
  externalFolder?: string;
}

/** What to hand to the engine. Rejects with Node's own errors for files that are missing or not permitted. */
export async function readModel({ model, externalData }: ModelSource): Promise<ReadModel> {
  if (externalData === undefined && typeof model === 'string') {
    const path = await realpath(model);
    return { model: await readFile(path), externalFolder: dirname(path) };
  }
  const bytes = typeof model === 'string' ? await readFile(model) : model;
  if (externalData === undefined || externalData.length === 0) return { model: bytes };
  const folder = await commonFolder(externalData);
  if (folder !== undefined) return { model: bytes, externalFolder: folder };
  return {
    model: bytes,
    externalData: await Promise.all(
      externalData.map(async ({ path, data }) => ({
        path,
        data: typeof data === 'string' ? await readFile(data) : data,
      })),
    ),
  };
}

/** The folder in which every file, links resolved, lies under the name that the model gives it. */
async function commonFolder(externalData: readonly ExternalData[]): Promise<string | undefined> {
  const folders = new Set<string | undefined>();
  for (const { path, data } of externalData) {
    if (typeof data !== 'string') return undefined;
    const real = (await realpath(data)).replaceAll('\\', '/');
    folders.add(real.endsWith(`/${path}`) ? real.slice(0, -path.length - 1) || '/' : undefined);
  }
  const [folder] = folders;
  return folders.size === 1 ? folder : undefined;
}
