// A region of the pictures from the command line to what other runtimes compute.
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { resizeToPlanar } from '@cflow/images';
import { decodeImage } from '@cflow/images/node';
import * as ort from 'onnxruntime-node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines } from '../../testing/run-cli.js';
import { createWorkplace, TINY, type Workplace } from '../../testing/workplace.js';

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

  it('takes a folder of one for each, and so do predict, evaluate and inspect', async () => {
    await mkdir(join(place.path, 'regions'), { recursive: true });
    const good = await readdir(join(place.path, 'brushed-metal/train/good'));
    for (const name of good) {
      await copyFile(join(place.path, 'region.png'), join(place.path, 'regions', name));
    }
    const args = ['--good', 'brushed-metal/train/good', '--region', 'regions'];
    const inspected = await place.cflow('inspect', ...args);
    expect(inspected.stdout).toContain(`regions   of their own: ${good.length} images`);
    const trained = await place.cflow('train', ...args, ...TINY, '--output', 'each.cflow', '--quiet');
    expect(trained.code, trained.stderr).toBe(0);
    const images = 'brushed-metal/train/good';
    const scored = async (...options: string[]) =>
      jsonLines(
        (await place.cflow('predict', 'each.cflow', images, '--json', '--device', 'cpu', ...options)).stdout,
      );
    const [own, one, whole] = [
      await scored('--region', 'regions'),
      await scored('--region', 'region.png'),
      await scored(),
    ];
    expect(own).toHaveLength(good.length);
    expect(one.map(({ score }) => score)).toEqual(own.map(({ score }) => score));
    expect(own[0]).not.toHaveProperty('warnings');
    expect(whole.map(({ score }) => score)).not.toEqual(own.map(({ score }) => score));
    expect(whole[0]?.warnings).toEqual([expect.stringContaining('give its region')]);
    const evaluated = await place.cflow(
      ...['evaluate', 'each.cflow', 'brushed-metal', '--region', 'region.png', '--json', '--device', 'cpu'],
    );
    expect(evaluated.code, evaluated.stderr).toBe(0);
    await rm(join(place.path, 'regions', good[0] as string));
    const missing = await place.cflow('train', ...args, ...TINY, '--output', 'other.cflow');
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain(
      `images have no region in ${join(place.path, 'regions')}, such as ${good[0]}`,
    );
  });
});
