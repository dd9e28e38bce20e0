import { DEFAULT_IMAGE_LIMITS } from '@cflow/images/node';
import { ImageError, type RgbImage } from '@cflow/spec';

/** Of a header as ffmpeg writes it. */
const LONGEST_HEADER = 32;

/**
 * Pictures out of a stream of PPM files, one behind the other: what ffmpeg gives as raw pixels, each with its size. No more is
 * read than is asked for. What the stream ends in the middle of is left out.
 *
 * @throws ImageError for what is not PPM, or too large
 */
export async function* ppmStream(
  chunks: AsyncIterable<Uint8Array>,
  limit: number = DEFAULT_IMAGE_LIMITS.pixels ?? 2 ** 26,
): AsyncGenerator<RgbImage, void, undefined> {
  let header = Buffer.alloc(0);
  let image: RgbImage | undefined;
  let filled = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    while (rest.byteLength > 0) {
      if (!image) {
        const before = header.byteLength;
        header = Buffer.concat([header, rest.subarray(0, LONGEST_HEADER - before)]);
        const found = readHeader(header, limit);
        if (!found) {
          if (header.byteLength === LONGEST_HEADER) throw notPpm();
          break;
        }
        image = { ...found, data: new Uint8Array(found.width * found.height * 3) };
        filled = 0;
        rest = rest.subarray(found.length - before);
        header = Buffer.alloc(0);
      }
      const part = rest.subarray(0, image.data.byteLength - filled);
      image.data.set(part, filled);
      filled += part.byteLength;
      rest = rest.subarray(part.byteLength);
      if (filled === image.data.byteLength) {
        const { width, height, data } = image;
        image = undefined;
        yield { width, height, data };
      }
    }
  }
}

function readHeader(
  header: Buffer,
  limit: number,
): { width: number; height: number; length: number } | undefined {
  const text = header.toString('latin1');
  const match = /^P6\n(\d{1,6}) (\d{1,6})\n255\n/.exec(text);
  if (!match) {
    if (!'P6\n'.startsWith(text.slice(0, 3))) throw notPpm();
    return undefined;
  }
  const [width, height] = [Number(match[1]), Number(match[2])];
  if (width > 0 && height > 0 && width * height <= limit) return { width, height, length: match[0].length };
  throw new ImageError(
    `a frame of ${width}x${height} pixels, expected at least one and at most ${limit}; scale the film down`,
  );
}

function notPpm(): ImageError {
  return new ImageError(
    'expected pictures as PPM from ffmpeg, got something else; set CFLOW_FFMPEG to ffmpeg itself',
  );
}
