import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resizeToPlanar } from '@cflow/images';
import { decodeImage } from '@cflow/images/node';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from '../../testing/expect-error.js';
import { jsonLines } from '../../testing/run-cli.js';
import { createTrainedWorkplace, type Workplace } from '../../testing/workplace.js';

let place: Workplace;
beforeAll(async () => {
  place = await createTrainedWorkplace();
});
afterAll(() => place.remove());

const SOME = 'brushed-metal/test/*/000.png';
const CPU = ['--device', 'cpu', '--threads', '2'];

describe('cflow export', () => {
  it('writes one ONNX file that gives the same scores and maps without cflow', async () => {
    const { code, stdout, stderr } = await place.cflow('export', 'metal.cflow', '--output', 'metal.onnx');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('score: float32 [batch]');
    const lines = jsonLines((await place.cflow('predict', 'metal.cflow', SOME, '--json', ...CPU)).stdout);
    const pixels = new Uint8Array(lines.length * 3 * 64 * 64);
    for (const [i, { image }] of lines.entries()) {
      const decoded = await decodeImage(join(place.dataSet, 'test', image as string));
      resizeToPlanar(decoded, 64, 64, pixels, i * 3 * 64 * 64);
    }
    const session = await ort.InferenceSession.create(join(place.path, 'metal.onnx'));
    expect([session.inputNames, session.outputNames]).toEqual([['image'], ['score', 'anomaly_map']]);
    const outputs = await session.run({ image: new ort.Tensor('uint8', pixels, [lines.length, 3, 64, 64]) });
    const scores = outputs.score?.data as Float32Array;
    for (const [i, { score }] of lines.entries()) expect(scores[i]).toBeCloseTo(score as number, 6);
    expect(outputs.anomaly_map?.dims).toEqual([lines.length, 64, 64]);
    await session.release();
  });

  it('does not overwrite unless told to', async () => {
    await writeFile(join(place.path, 'precious.onnx'), 'precious');
    const args = ['export', 'metal.cflow', '--output', 'precious.onnx'];
    expectError(await place.cflow(...args), 2, 'precious.onnx', '--force');
    expect(await readFile(join(place.path, 'precious.onnx'), 'utf8')).toBe('precious');
    const forced = await place.cflow(...args, '--force', '--json');
    expect(jsonLines(forced.stdout)).toMatchObject([
      { path: 'precious.onnx', inputs: { image: ['uint8', 'batch', 3, 64, 64] } },
    ]);
  });
});
