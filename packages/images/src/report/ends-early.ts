import { open } from 'node:fs/promises';
import { sniffFormat } from '../image-format.js';

const START_BYTES = 64;
/** Behind its end a file may have a little more, which programs write. */
const END_BYTES = 1024;

/** What the last bytes of whole files hold, by format; of others it cannot be told. */
const ENDS: Readonly<Record<string, readonly number[]>> = {
  jpeg: [0xff, 0xd9],
  png: [0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82],
};

/** How large a file is, and whether it seems to be cut off, which decoding it tells for certain; a file that is not there is endless. */
export async function endOf(path: string): Promise<{ size: number; isEarly: boolean }> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return { size: Number.POSITIVE_INFINITY, isEarly: false };
  try {
    const { size } = await file.stat();
    const read = async (at: number, length: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
      return buffer.subarray(0, bytesRead);
    };
    const sniffed = sniffFormat(await read(0, START_BYTES));
    const end = sniffed && 'format' in sniffed ? ENDS[sniffed.format] : undefined;
    if (!end) return { size, isEarly: false };
    return {
      size,
      isEarly: !(await read(Math.max(0, size - END_BYTES), END_BYTES)).includes(Buffer.from(end)),
    };
  } catch {
    // What is wrong with it is said when it is read.
    return { size: Number.POSITIVE_INFINITY, isEarly: false };
  } finally {
    await file.close();
  }
}
