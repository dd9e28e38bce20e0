import { ArgumentError } from '../../errors.js';
import { crc32 } from './crc32.js';

/**
 * Files as a ZIP archive, stored and not packed, since images are packed already. Each is read once for its check sum;
 * its bytes stay where the Blob has them.
 */
export async function zip(files: Iterable<readonly [name: string, file: Blob]>): Promise<Blob> {
  const parts: BlobPart[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  const names = new Set<string>();
  let offset = 0;
  for (const [name, file] of files) {
    if (names.has(name)) throw new ArgumentError(`expected different names, got "${name}" twice`);
    names.add(name);
    const bytes = new TextEncoder().encode(name);
    const { size } = file;
    // Version 2.0, names in UTF-8, stored, 1 January 1980.
    const shared = [
      ...littleEndian(2, 20, 0x800, 0, 0, 0x21),
      ...littleEndian(4, await checkSum(file), size, size),
      ...littleEndian(2, bytes.length, 0),
    ];
    const local = Uint8Array.of(0x50, 0x4b, 3, 4, ...shared, ...bytes);
    const where = [...littleEndian(2, 0, 0, 0), ...littleEndian(4, 0, offset)];
    directory.push(Uint8Array.of(0x50, 0x4b, 1, 2, 20, 0, ...shared, ...where, ...bytes));
    parts.push(local, file);
    offset += local.length + size;
  }
  const { size } = new Blob(directory);
  const count = directory.length;
  if (count > 0xffff || offset + size > 0xffffffff) {
    throw new ArgumentError('expected at most 65535 files of 4 GiB together; upload an archive instead');
  }
  const end = [
    ...littleEndian(2, 0, 0, count, count),
    ...littleEndian(4, size, offset),
    ...littleEndian(2, 0),
  ];
  return new Blob([...parts, ...directory, Uint8Array.of(0x50, 0x4b, 5, 6, ...end)]);
}

async function checkSum(file: Blob): Promise<number> {
  let crc = 0;
  const PIECE = 2 ** 22;
  for (let at = 0; at < file.size; at += PIECE) {
    crc = crc32(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()), crc);
  }
  return crc;
}

function littleEndian(width: number, ...numbers: readonly number[]): number[] {
  return numbers.flatMap((number) => Array.from({ length: width }, (_, i) => (number >>> (8 * i)) & 255));
}
