import { open, stat } from 'node:fs/promises';
import { CflowError, type ImageError } from '@cflow/spec';
import { checkLength, type ImageSource, imageError } from './image-error.js';

/**
 * The bytes of an image, at most `limit` of them.
 *
 * @throws ImageError when there is no such file, it is a folder or a device, may not be read, is empty or too large.
 */
export async function readSource(source: ImageSource, limit: number): Promise<Uint8Array> {
  if (typeof source !== 'string') {
    checkLength(source, source.byteLength, limit);
    return source;
  }
  try {
    const { size } = await regularFile(source);
    checkLength(source, size, limit);
    const file = await open(source, 'r');
    try {
      // Read by size rather than to the end: a file that grows meanwhile cannot take more memory than it stated.
      const bytes = Buffer.allocUnsafeSlow(size);
      let length = 0;
      while (length < size) {
        const { bytesRead } = await file.read(bytes, length, size - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return bytes.subarray(0, length);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (CflowError.isInstance(error)) throw error;
    throw fileError(source, error);
  }
}

async function regularFile(path: string): Promise<{ size: number }> {
  const found = await stat(path);
  if (found.isFile()) return found;
  // A pipe is not even opened: that would wait for a writer.
  const kind = found.isDirectory() ? 'a folder' : 'not a regular file';
  throw imageError(path, 'not-a-file', `is ${kind}, expected an image file`);
}

function fileError(path: string, cause: unknown): ImageError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return imageError(path, 'missing', 'there is no such file', { cause });
  if (code === 'EACCES' || code === 'EPERM') {
    return imageError(path, 'permission', 'may not be read: permission denied', { cause });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return imageError(path, 'unreadable', `cannot be read: ${reason}`, { cause });
}
