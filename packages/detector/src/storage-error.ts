import { CflowError, StorageError } from '@cflow/spec';

/** The StorageError that a failed file operation on `path` amounts to; any other error as it is. */
export function storageErrorOf(error: unknown, path: string): unknown {
  if (CflowError.isInstance(error)) return error;
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  const details = { path, errno: code };
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new StorageError(
        'storage-full',
        `the disk is full: "${path}" could not be written; free some space and run again`,
        { cause: error, retryable: true, details },
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StorageError(
        'permission',
        `"${path}" may not be read or written; choose another folder or change its permissions`,
        { cause: error, details },
      );
    default:
      if (code === undefined || syscall === undefined) return error;
      return new StorageError('store', `"${path}" cannot be read or written: ${message}`, {
        cause: error,
        details,
      });
  }
}
