import { stat } from 'node:fs/promises';

/** Another one whenever the content of a file is: size, and when it was last written, to the nanosecond. Undefined for a file that is gone. */
export async function fileStamp(path: string): Promise<string | undefined> {
  try {
    const { size, mtimeNs } = await stat(path, { bigint: true });
    return `${size}:${mtimeNs}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The time in a stamp. */
export function stampTime(stamp: string): Date {
  const [, nanoseconds = '0'] = stamp.split(':');
  return new Date(Number(BigInt(nanoseconds) / 1_000_000n));
}

/** Bytes in a stamp. */
export function stampBytes(stamp: string): number {
  return Number.parseInt(stamp, 10);
}
