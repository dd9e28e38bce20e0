import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { StorageError, WeightsError } from '@cflow/spec';

// What one Buffer holds on every Node that this runs on.
const MAX_BYTES = 4 * 2 ** 30;

export interface WeightsFile {
  bytes: Uint8Array;
  sha256: string;
}

/**
 * Reads a whole file of weights.
 * @throws WeightsError when there is none, or a folder, or more than 4 GiB; StorageError when it may not be read
 */
export async function readWeightsFile(path: string): Promise<WeightsFile> {
  const file = await openWeightsFile(path);
  try {
    const { size } = await file.stat();
    if (size > MAX_BYTES) {
      throw new WeightsError(`"${path}" has ${size} bytes, and weights have ${MAX_BYTES} at most`, {
        details: { path, size },
      });
    }
    const bytes = await file.readFile();
    return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  } finally {
    await file.close();
  }
}

/** Opens a file of weights. @throws as {@link readWeightsFile} */
export async function openWeightsFile(path: string): Promise<FileHandle> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    const details = { path, errno: code };
    if (code === 'EACCES' || code === 'EPERM') {
      throw new StorageError('permission', `not permitted to read the weights "${path}"`, { cause, details });
    }
    if (code === 'EISDIR') throw folderError(path);
    const reason = code === 'ENOENT' || code === 'ENOTDIR' ? 'there is no such file' : String(cause);
    throw new WeightsError(`the weights "${path}" cannot be read: ${reason}`, { cause, details });
  });
  const entry = await file.stat();
  if (entry.isFile()) return file;
  await file.close();
  if (entry.isDirectory()) throw folderError(path);
  throw new WeightsError(`the weights "${path}" are not a regular file`, { details: { path } });
}

function folderError(path: string): WeightsError {
  return new WeightsError(`the weights "${path}" are a folder: a file is expected`, { details: { path } });
}
