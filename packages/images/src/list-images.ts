import { readdir, realpath, stat } from 'node:fs/promises';
import { DataSetError } from '@cflow/spec';
import { compareNames, hasImageExtension, type ImageTree } from './layouts/image-tree.js';

const MOST_IMAGES = 1_000_000;
const DEEPEST = 32;

/**
 * Finds the image files below a folder by their extension, in any case, links followed. Names that start with a
 * dot and the folders `__MACOSX` are left out. The order does not depend on the file system.
 *
 * @throws DataSetError when the folder cannot be read, a link leads back to a folder above it, folders are nested
 * more than 32 deep, or there are more than a million images.
 */
export async function listImages(root: string): Promise<ImageTree> {
  const images: string[] = [];
  const walk = async (prefix: string, above: readonly string[]): Promise<void> => {
    const folder = prefix === '' ? root : `${root}/${prefix.slice(0, -1)}`;
    if (above.length > DEEPEST)
      throw new DataSetError(`${folder}: folders are nested more than ${DEEPEST} deep`);
    const real = await realpath(folder);
    if (above.includes(real)) {
      throw new DataSetError(`${folder} is a link to a folder that it lies in (${real}): remove it`, {
        details: { path: folder, target: real },
      });
    }
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
      const name = prefix + entry.name;
      const kind = entry.isSymbolicLink() ? await linkedKind(`${root}/${name}`) : entry;
      if (kind.isDirectory()) {
        await walk(`${name}/`, [...above, real]);
      } else if (kind.isFile() && hasImageExtension(entry.name)) {
        images.push(name);
        if (images.length > MOST_IMAGES) {
          throw new DataSetError(`${root} holds more than ${MOST_IMAGES} images, the most that is supported`);
        }
      }
    }
  };
  try {
    await walk('', []);
  } catch (error) {
    if (error instanceof DataSetError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataSetError(`cannot read the folder ${root}: ${reason}`, { cause: error, details: { root } });
  }
  return { root, images: images.sort(compareNames) };
}

interface Kind {
  isDirectory(): boolean;
  isFile(): boolean;
}

/** A dangling link counts as a file, so that the image it stands for is reported as missing, not forgotten. */
async function linkedKind(path: string): Promise<Kind> {
  try {
    return await stat(path);
  } catch {
    return { isDirectory: () => false, isFile: () => true };
  }
}
