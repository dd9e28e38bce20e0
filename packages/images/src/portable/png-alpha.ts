import type { PngChunks } from './png-chunks.js';

/** A PNG as one whose colors are its alpha; undefined where it has none. A color that is transparent as a whole is not alpha. */
export function alphaChunks(chunks: PngChunks): PngChunks | undefined {
  if (chunks.kind === 'gray-alpha' || chunks.kind === 'rgb-alpha') return { ...chunks, paintsAlpha: true };
  if (chunks.paletteAlpha.length === 0) return undefined;
  const palette = new Uint8Array(768);
  chunks.paletteAlpha.forEach((alpha, i) => {
    palette.fill(alpha, i * 3, i * 3 + 3);
  });
  return { ...chunks, palette };
}
