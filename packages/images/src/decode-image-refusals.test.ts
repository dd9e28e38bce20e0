import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { ImageError } from '@cflow/spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asOrdinaryUser } from '../../../test/support/as-ordinary-user.js';
import { decodeImage } from './decode-image.js';
import { bitmap, temporaryFolder, tiff } from './fixtures/files.js';
import { imageErrorOf } from './fixtures/image-error-of.js';
import { pngChunk } from './fixtures/png.js';
import { encoder, height, width } from './fixtures/wave-encoder.js';

let root: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ root, remove } = await temporaryFolder());
});
afterAll(() => remove());

const failure = (
  file: string | Uint8Array,
  limits?: Parameters<typeof decodeImage>[1],
): Promise<ImageError> => imageErrorOf(decodeImage(file, limits));

describe('decodeImage refuses', () => {
  it.each(['png', 'jpeg', 'tiff', 'webp', 'gif', 'avif'] as const)('a truncated %s', async (format) => {
    const bytes = await encoder().toFormat(format).toBuffer();
    const path = join(root, `cut.${format}`);
    await writeFile(path, bytes.subarray(0, Math.floor(bytes.length * 0.6)));
    const error = await failure(path);
    expect(error.message).toContain(path);
    expect(error.message).toMatch(/truncated or damaged/);
    expect(error.details.reason).toBe('damaged');
  });

  it('a truncated bitmap, with its name', async () => {
    const path = join(root, 'cut.bmp');
    await writeFile(path, bitmap({ width: 4, height: 4, bits: 24, pixels: new Uint8Array(20) }));
    const error = await failure(path);
    expect(error.message).toBe(`${path}: truncated: its pixels end at byte 102, the file at 74`);
    expect(error.details).toMatchObject({ source: path, reason: 'damaged' });
  });

  it('a decompression bomb, by its header', async () => {
    const bomb = png(50_000, 50_000, deflateSync(new Uint8Array(1000)));
    expect(bomb.length).toBeLessThan(200);
    const before = process.memoryUsage().rss;
    const error = await failure(bomb);
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
    expect(error.message).toMatch(/declares 50000x50000 = 2500000000 pixels, the limit is 67108864/);
    expect(error.details).toMatchObject({
      reason: 'too-many-pixels',
      width: 50_000,
      height: 50_000,
      limit: 2 ** 26,
    });
  });

  it('a PNG of half a million texts, before it is decoded, and none of a hundred', async () => {
    const bytes = await encoder().png().toBuffer();
    const text = pngChunk('tEXt', new TextEncoder().encode('a\0b'));
    // Behind the signature and the header.
    const withTexts = (count: number): Uint8Array =>
      Buffer.concat([
        bytes.subarray(0, 33),
        ...Array.from({ length: count }, () => text),
        bytes.subarray(33),
      ]);
    const error = await failure(withTexts(500_000));
    expect(error.message).toContain('more than 1000 texts');
    expect(error.details.reason).toBe('unsupported');
    expect((await decodeImage(withTexts(100))).width).toBe(width);
  });

  it('more pixels or bytes than the limits given', async () => {
    const bytes = await encoder().png().toBuffer();
    expect((await failure(bytes, { pixels: width * height - 1 })).details.reason).toBe('too-many-pixels');
    expect((await decodeImage(bytes, { pixels: width * height })).width).toBe(width);
    const error = await failure(bytes, { bytes: bytes.length - 1 });
    expect(error.message).toMatch(new RegExp(`has ${bytes.length} bytes, the limit is ${bytes.length - 1}`));
    const path = join(root, 'large.png');
    await writeFile(path, bytes);
    expect((await failure(path, { bytes: 100 })).details.reason).toBe('too-large');
  });

  it.each([
    ['text named .png', 'hello, this is not a picture', 'not-an-image', /expected PNG, JPEG/],
    ['nothing', '', 'empty', /is empty, 0 bytes/],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'unsupported', /is SVG/],
    [
      'two letters that a bitmap starts with',
      'BM, or so it says, but it is a text file',
      'not-an-image',
      /not an image/,
    ],
  ])('%s', async (title, content, reason, message) => {
    const path = join(root, `${title}.png`);
    await writeFile(path, content);
    const error = await failure(path);
    expect(error.message).toContain(path);
    expect(error.message).toMatch(message);
    expect(error.details.reason).toBe(reason);
  });

  it('what is not a file: a folder, a missing file, a dangling link, a device', async () => {
    await mkdir(join(root, 'folder.png'));
    await symlink(join(root, 'gone.png'), join(root, 'link.png'));
    expect((await failure(join(root, 'folder.png'))).message).toMatch(/is a folder, expected an image file/);
    expect((await failure(join(root, 'none.png'))).details.reason).toBe('missing');
    expect((await failure(join(root, 'link.png'))).details.reason).toBe('missing');
    expect((await failure('/dev/zero')).details.reason).toBe(
      process.platform === 'win32' ? 'missing' : 'not-a-file',
    );
  });

  it.skipIf(process.platform === 'win32')('a file that may not be read', async () => {
    const path = join(root, 'secret.png');
    await writeFile(path, 'x', { mode: 0o000 });
    await chmod(root, 0o755);
    const error = await asOrdinaryUser(() => failure(path));
    expect(error.details.reason).toBe('permission');
  });

  it('samples that are not 8 or 16 bits', async () => {
    const error = await failure(tiff(2, 2, 1, new Float32Array([0, 0.5, 1, 2])));
    expect(error.message).toMatch(/samples of type float, expected 8 or 16 bits/);
    expect(error.details.reason).toBe('unsupported');
  });
});
/** A gray PNG that declares a size and holds any data. */
function png(declaredWidth: number, declaredHeight: number, data: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(declaredWidth, 0);
  header.writeUInt32BE(declaredHeight, 4);
  header[8] = 8;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', data),
    pngChunk('IEND', new Uint8Array(0)),
  ]);
}
