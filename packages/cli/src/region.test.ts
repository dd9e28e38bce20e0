// A region of the pictures from the command line to what other runtimes compute.
import { join } from 'node:path';
import { resizeToPlanar } from '@cflow/images';
import { decodeImage } from '@cflow/images/node';
import * as ort from 'onnxruntime-node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines } from './testing/run-cli.js';
import { createWorkplace, TINY, type Workplace } from './testing/workplace.js';

let place: Workplace;
beforeAll(async () => {
  place = await createWorkplace();
  const half = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i % 64 < 40 ? 255 : 0));
  await sharp(half, { raw: { width: 64, height: 64, channels: 1 } })
    .png()
    .toFile(join(place.path, 'region.png'));
  const { code, stderr } = await place.cflow(
    ...['train', 'brushed-metal', ...TINY, '--region', 'region.png', '--output', 'metal.cflow'],
  );
  expect(code, stderr).toBe(0);
});
afterAll(() => place.remove());

describe('cflow train --region', () => {
  it('gives a model to export that takes whole pictures, and scores what counts', async () => {
    const { code, stdout, stderr } = await place.cflow('export', 'metal.cflow', '--output', 'metal.onnx');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('takes  picture: uint8 [batch, 3, 64, 64], RGB');
    const image = 'brushed-metal/test/hole/000.png';
    const [line] = jsonLines(
      (await place.cflow('predict', 'metal.cflow', image, '--json', '--device', 'cpu')).stdout,
    );
    const session = await ort.InferenceSession.create(join(place.path, 'metal.onnx'));
    const score = async (pixels: Uint8Array): Promise<number> => {
      const outputs = await session.run({ picture: new ort.Tensor('uint8', pixels, [1, 3, 64, 64]) });
      return Number(outputs.score?.data[0]);
    };
    const pixels = resizeToPlanar(await decodeImage(join(place.path, image)), 64, 64);
    expect(await score(pixels)).toBeCloseTo(line?.score as number, 6);
    // Whatever lies outside.
    expect(await score(pixels.map((value, i) => (i % 64 < 40 ? value : 77)))).toBe(await score(pixels));
    await session.release();
  });

  it('says what is wrong with a mask that does not fit', async () => {
    const args = ['train', 'brushed-metal', ...TINY, '--output', 'other.cflow', '--region', 'nowhere.png'];
    const { code, stderr } = await place.cflow(...args);
    expect(code).toBe(1);
    expect(stderr).toContain('nowhere.png: there is no such file');
  });
});
