import { open } from 'node:fs/promises';

/** Archives of other kinds, by their first bytes: in text, what a byte is. A tar has its own further on. */
const KINDS: readonly (readonly [string, string])[] = [
  ['Rar!\x1a\x07', 'RAR'],
  ["7z\xbc\xaf'\x1c", '7z'],
  ['\x1f\x8b', 'gzip'],
  ['BZh', 'bzip2'],
  ['\xfd7zXZ\0', 'xz'],
  ['(\xb5/\xfd', 'Zstandard'],
];
const TAR = { at: 257, mark: 'ustar' };

/** What a file is that was expected to be a ZIP archive, where it is an archive of another kind. */
export async function otherArchive(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    const start = buffer.toString('latin1', 0, bytesRead);
    if (start.startsWith(TAR.mark, TAR.at)) return 'tar';
    return KINDS.find(([mark]) => start.startsWith(mark))?.[1];
  } finally {
    await file.close();
  }
}
