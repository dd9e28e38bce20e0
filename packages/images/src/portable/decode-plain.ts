import { CflowError, type RgbImage } from '@cflow/spec';
import { decodeBmp } from '../decode-bmp.js';
import { decodePnm, pnmToRgb } from '../decode-pnm.js';
import { type ImageFailure, imageError } from '../image-error.js';
import type { PlainDecoder } from './decode-file.js';

/** Decodes BMP and PNM, whose pixels lie in the file as they are. */
export const decodePlain: PlainDecoder = (bytes, format, { range, ...limits }, toByte): RgbImage =>
  format === 'bmp'
    ? withSource(bytes, () => decodeBmp(bytes, limits))
    : pnmToRgb(
        withSource(bytes, () => decodePnm(bytes, { ...limits, spread: !range })),
        toByte,
      );

function withSource<T>(bytes: Uint8Array, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!CflowError.isInstance(error)) throw error;
    const reason = error.details.reason as ImageFailure;
    throw imageError(bytes, reason, error.message, { details: { ...error.details }, cause: error });
  }
}
