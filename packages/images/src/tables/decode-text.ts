import { DataSetError } from '@cflow/spec';

/** How much of a text is looked at to tell UTF-16 without a byte order mark. */
const LOOKED_AT = 4096;

/**
 * The text of a table: UTF-8, or UTF-16 of either order, with or without a byte order mark.
 * @throws DataSetError that names what else it seems to be, and where
 */
export function decodeText(bytes: Uint8Array, path: string): string {
  if (startsWith(bytes, [0xff, 0xfe, 0, 0]) || startsWith(bytes, [0, 0, 0xfe, 0xff]))
    throw refuse(path, 'UTF-32');
  if (startsWith(bytes, [0x50, 0x4b, 3, 4])) throw refuse(path, 'an Excel workbook or a ZIP archive');
  if (startsWith(bytes, [0xd0, 0xcf, 0x11, 0xe0])) throw refuse(path, 'an Excel workbook of the old kind');
  if (startsWith(bytes, [0x1f, 0x8b])) throw refuse(path, 'compressed with gzip');
  const encoding = utf16(bytes) ?? 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw encoding === 'utf-8'
      ? notUtf8(bytes, path, cause)
      : refuse(path, `damaged ${encoding.toUpperCase()}`, cause);
  }
}

function utf16(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (startsWith(bytes, [0xff, 0xfe])) return 'utf-16le';
  if (startsWith(bytes, [0xfe, 0xff])) return 'utf-16be';
  // Without a mark: letters of tables are mostly below 256, so that every other byte is zero.
  const length = Math.min(bytes.length, LOOKED_AT) & ~1;
  const zeros = [0, 0];
  for (let i = 0; i < length; i++) if (bytes[i] === 0) zeros[i & 1] = zeros[i & 1]! + 1;
  const [even, odd] = zeros as [number, number];
  const half = length / 2;
  if (half > 0 && odd > half * 0.7 && even === 0) return 'utf-16le';
  if (half > 0 && even > half * 0.7 && odd === 0) return 'utf-16be';
  return undefined;
}

function notUtf8(bytes: Uint8Array, path: string, cause: unknown): DataSetError {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    const stop = end < 0 ? bytes.length : end + 1;
    try {
      decoder.decode(bytes.subarray(start, stop));
    } catch {
      break;
    }
    line++;
    start = stop;
  }
  return refuse(
    path,
    `neither UTF-8 nor UTF-16 in line ${line}, perhaps Windows-1252 (ANSI) or Shift JIS`,
    cause,
  );
}

function refuse(path: string, what: string, cause?: unknown): DataSetError {
  return new DataSetError(`${path} is ${what}; expected a table as text, save it as CSV in UTF-8`, {
    details: { path },
    ...(cause !== undefined && { cause }),
  });
}

const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((byte, i) => bytes[i] === byte);
