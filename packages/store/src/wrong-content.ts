import { StorageError } from '@cflow/spec';

/** What a store answers to content that is not what was announced. */
export function wrongContent(key: string, expected: string, found: string): StorageError {
  return new StorageError(
    'store',
    `the content for "${key}" has SHA-256 ${found}, expected ${expected}; nothing was stored, send it again`,
    { details: { key, expected, found } },
  );
}
