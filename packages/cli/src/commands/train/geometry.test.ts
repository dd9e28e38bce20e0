// The geometry of a detector from the command line to what other runtimes compute.
import { join } from 'node:path';
import { drawOnCanvas } from '@cflow/images';
import { decodeImage } from '@cflow/images/node';
import type { Geometry } from '@cflow/spec';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines } from '../../testing/run-cli.js';
import { createWorkplace, TINY, type Workplace } from '../../testing/workplace.js';

let place: Workplace;
beforeAll(async () => {
  place = await createWorkplace();
});
afterAll(() => place.remove());

const IMAGE = 'brushed-metal/test/hole/000.png';

describe.each<[Geometry, [number, number], string[], string]>([
  [
    'pad',
    [64, 96],
    [],
    '[batch, 3, 64, 96], RGB: the picture in the middle, its shape kept, mirrored at its edges',
  ],
  ['crop', [64, 96], [], '[batch, 3, 64, 96], RGB: the middle of the picture, its shape kept'],
  [
    'tiles',
    [64, 160],
    ['--tile-size', '64'],
    '[batch, 3, 64, 160], RGB, a whole picture, which it cuts into tiles',
  ],
])('cflow train --geometry %s', (geometry, inputSize, more, taken) => {
  const bundle = `${geometry}.cflow`;
  beforeAll(async () => {
    const { code, stderr } = await place.cflow(
      ...['train', 'brushed-metal', ...TINY, '--input-size', inputSize.join('x')],
      ...['--geometry', geometry, ...more, '--output', bundle],
    );
    expect(code, stderr).toBe(0);
  });

  it('is in the model that is exported, or is said to be up to the caller', async () => {
    const { code, stdout, stderr } = await place.cflow('export', bundle, '--output', `${geometry}.onnx`);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(`takes  image: uint8 ${taken}`);
    const [line] = jsonLines(
      (await place.cflow('predict', bundle, IMAGE, '--json', '--device', 'cpu')).stdout,
    );
    const session = await ort.InferenceSession.create(join(place.path, `${geometry}.onnx`));
    const image = await decodeImage(join(place.path, IMAGE));
    const pixels = drawOnCanvas(image, { inputSize, geometry });
    const outputs = await session.run({ image: new ort.Tensor('uint8', pixels, [1, 3, ...inputSize]) });
    // Of a padded picture the model's score sees what is mirrored, too.
    if (geometry === 'pad')
      expect(Number(outputs.score?.data[0])).toBeGreaterThanOrEqual(line?.score as number);
    else expect(Number(outputs.score?.data[0])).toBeCloseTo(line?.score as number, 5);
    expect(outputs.anomaly_map?.dims).toEqual([1, ...inputSize]);
    await session.release();
  });

  it('gives maps of the picture, whether it is drawn upon or not', async () => {
    const [line] = jsonLines(
      (await place.cflow('predict', bundle, IMAGE, '--json', '--device', 'cpu')).stdout,
    );
    const [drawn] = jsonLines(
      (
        await place.cflow(
          'predict',
          bundle,
          IMAGE,
          '--json',
          '--device',
          'cpu',
          '--overlays',
          `${geometry}-out`,
        )
      ).stdout,
    );
    expect(drawn?.score).toBeCloseTo(line?.score as number, 5);
    expect(drawn?.regions).toEqual(line?.regions);
  });
});

it('says what does not go together', async () => {
  const train = (...args: string[]) =>
    place.cflow('train', 'brushed-metal', ...TINY, '--output', 'no.cflow', ...args);
  const { code, stderr } = await train('--tile-size', '64', '--geometry', 'crop');
  expect(code).toBe(2);
  expect(stderr).toContain(
    'a size of tiles was given, and the geometry is crop; leave it out, or choose the geometry tiles',
  );
  expect((await train('--geometry', 'stretch')).stderr).toContain('squeeze');
});
