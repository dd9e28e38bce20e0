import { expect, it } from 'vitest';
import { decodeImage } from './decode-image.js';
import { tiff } from './fixtures/files.js';
import { imageErrorOf } from './fixtures/image-error-of.js';

/** A TIFF whose entry of a tag has another value. */
function withEntry(tag: number, value: number): Uint8Array {
  const bytes = tiff(4, 4, 1, new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 10; i++)
    if (view.getUint16(10 + i * 12, true) === tag) view.setUint32(18 + i * 12, value, true);
  return bytes;
}

it.each([
  ['LZMA', withEntry(259, 34925), /a TIFF compressed with LZMA, which is not supported; save it as PNG/],
  ['JBIG2', withEntry(259, 34715), /compressed with JBIG2, which is not supported; save it as PNG/],
  ['JPEG XR', withEntry(259, 34934), /compressed with JPEG XR/],
  ['the first JPEG', withEntry(259, 6), /compressed with the JPEG of TIFF 6/],
  ['six channels', withEntry(277, 6), /a TIFF of 6 channels, which is not supported/],
  ['12 bits', withEntry(258, 12), /a TIFF of 12 bits to a sample, which is not supported/],
])('%s is a kind that is not supported, not damage', async (_, bytes, message) => {
  const error = await imageErrorOf(decodeImage(bytes));
  expect(error.details.reason).toBe('unsupported');
  expect(error.message).toMatch(message);
});

it('damage is damage still', async () => {
  const cut = tiff(400, 400, 1, new Uint8Array(160_000)).subarray(0, 9000);
  expect((await imageErrorOf(decodeImage(cut))).details.reason).toBe('damaged');
});

it('HEIC is called so, whatever its first brand is', async () => {
  for (const brands of ['heic\0\0\0\0mif1heic', 'mif1\0\0\0\0mif1heic', 'msf1\0\0\0\0hevc']) {
    const bytes = Buffer.from(`\0\0\0\x18ftyp${brands}`.padEnd(64, '\0'), 'latin1');
    const error = await imageErrorOf(decodeImage(bytes));
    expect(error.details.reason, brands).toBe('unsupported');
    expect(error.message).toMatch(/is HEIC \(save as JPEG or PNG\), which is not supported/);
  }
});
