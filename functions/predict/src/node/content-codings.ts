import { Duplex, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { PORTABLE_CODINGS } from '../app/body/content-coding.js';
import type { ContentCodings, ContentDecoder } from '../app/body/content-codings.js';

/** Of the window that zstd may ask for, as a power of two: 8 MiB, what decoders of HTTP must have (RFC 9659). */
const ZSTD_WINDOW_LOG = 23;

/**
 * Bytes that a decoder gives at a time. By Web's own streams they come in pieces of 16 kB, and to hand those on takes five times as
 * long as to decode them: of a bomb of 60 MB a quarter of a second.
 */
const PIECE = { chunkSize: 2 ** 17 };

/** How bodies may be coded on Node: zstd from the versions on that have it. */
export function nodeCodings(): ContentCodings {
  const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: object) => Transform };
  return new Map<string, () => ContentDecoder>([
    ...PORTABLE_CODINGS,
    ['gzip', () => webStreams(createGunzip(PIECE))],
    ['deflate', () => webStreams(createInflate(PIECE))],
    ['br', () => webStreams(createBrotliDecompress(PIECE))],
    ...(createZstdDecompress
      ? [['zstd', () => webStreams(createZstdDecompress(zstdOptions()))] as const]
      : []),
  ]);
}

function zstdOptions(): object {
  const { ZSTD_d_windowLogMax } = constants as { ZSTD_d_windowLogMax?: number };
  return ZSTD_d_windowLogMax === undefined
    ? PIECE
    : { ...PIECE, params: { [ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } };
}

const webStreams = (transform: Transform): ContentDecoder =>
  Duplex.toWeb(transform) as unknown as ContentDecoder;
