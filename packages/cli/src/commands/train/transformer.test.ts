// A vision transformer from elsewhere, with attention as exporters write it, from training to what other runtimes compute.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resizeToPlanar } from '@cflow/images';
import { decodeImage } from '@cflow/images/node';
import { float32, type Tensor } from '@cflow/onnx';
import { plainModel, plainNode } from '@cflow/onnx/testing';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines } from '../../testing/run-cli.js';
import { createWorkplace, type Workplace } from '../../testing/workplace.js';

const [SIDE, PATCH, WIDTH, HEADS] = [64, 8, 24, 3];
const PATCHES = (SIDE / PATCH) ** 2;
const IMAGE = 'brushed-metal/test/hole/000.png';

let place: Workplace;
beforeAll(async () => {
  place = await createWorkplace();
});
afterAll(() => place.remove());

/** A ViT of two blocks before whose patches lie a class token and registers; operator set 17, as torch writes it. */
function visionTransformer(leading: number): Uint8Array {
  const nodes: ReturnType<typeof plainNode>[] = [];
  const constants: Record<string, Tensor> = {};
  const tokens = leading + PATCHES;
  let state = 7;
  const random = (dims: number[], scale: number): Tensor => {
    const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state / 2 ** 31 - 1) * scale;
    });
    return float32(dims, data);
  };
  const whole = (...values: number[]): Tensor => ({
    type: 'int64',
    dims: [values.length],
    data: BigInt64Array.from(values, BigInt),
  });
  const constant = (name: string, tensor: Tensor): string => {
    constants[name] = tensor;
    return name;
  };
  const node = (operator: string, inputs: string[], output: string, attributes = {}): string => {
    nodes.push(plainNode(operator, inputs, [output], attributes, { name: output }));
    return output;
  };
  const linear = (x: string, from: number, to: number, name: string): string => {
    const product = node(
      'MatMul',
      [x, constant(`${name}.w`, random([from, to], 1.7 / Math.sqrt(from)))],
      `${name}.product`,
    );
    return node('Add', [product, constant(`${name}.b`, random([to], 0.1))], name);
  };
  const norm = (x: string, name: string): string =>
    node(
      'LayerNormalization',
      [
        x,
        constant(`${name}.scale`, float32([WIDTH], new Float32Array(WIDTH).fill(1))),
        constant(`${name}.bias`, random([WIDTH], 0.1)),
      ],
      name,
      { axis: -1, epsilon: { f: 1e-6 } },
    );
  const patches = node(
    'Conv',
    [
      'pixels',
      constant('patch.w', random([WIDTH, 3, PATCH, PATCH], 0.15)),
      constant('patch.b', random([WIDTH], 0.1)),
    ],
    'patch',
    { kernel_shape: [PATCH, PATCH], strides: [PATCH, PATCH] },
  );
  const flat = node('Reshape', [patches, constant('flat', whole(0, WIDTH, -1))], 'columns');
  const rows = node('Transpose', [flat], 'rows', { perm: [0, 2, 1] });
  const batch = node('Gather', [node('Shape', ['pixels'], 'shape'), constant('zero', whole(0))], 'n', {
    axis: 0,
  });
  const size = node('Concat', [batch, constant('lead', whole(leading, WIDTH))], 'lead.size', { axis: 0 });
  const first = node('Expand', [constant('lead.tokens', random([1, leading, WIDTH], 1)), size], 'lead.all');
  const all = node('Concat', [first, rows], 'tokens', { axis: 1 });
  let x = node('Add', [all, constant('position', random([1, tokens, WIDTH], 0.2))], 'embedded');
  for (const block of ['block1', 'block2']) {
    const normed = norm(x, `${block}.norm1`);
    const heads = (name: string, perm: number[]): string => {
      const split = node(
        'Reshape',
        [
          linear(normed, WIDTH, WIDTH, `${block}.${name}`),
          constant(`${block}.${name}.heads`, whole(0, -1, HEADS, WIDTH / HEADS)),
        ],
        `${block}.${name}.split`,
      );
      return node('Transpose', [split], `${block}.${name}.turned`, { perm });
    };
    const scores = node('MatMul', [heads('q', [0, 2, 1, 3]), heads('k', [0, 2, 3, 1])], `${block}.scores`);
    const scaled = node(
      'Mul',
      [scores, constant(`${block}.scale`, float32([], [1 / Math.sqrt(WIDTH / HEADS)]))],
      `${block}.scaled`,
    );
    const attention = node('Softmax', [scaled], `${block}.attention`, { axis: -1 });
    const mixed = node('MatMul', [attention, heads('v', [0, 2, 1, 3])], `${block}.mixed`);
    const turned = node('Transpose', [mixed], `${block}.back`, { perm: [0, 2, 1, 3] });
    const joined = node(
      'Reshape',
      [turned, constant(`${block}.join`, whole(0, -1, WIDTH))],
      `${block}.joined`,
    );
    const between = node('Add', [x, linear(joined, WIDTH, WIDTH, `${block}.project`)], `${block}.between`);
    const wide = linear(norm(between, `${block}.norm2`), WIDTH, 2 * WIDTH, `${block}.wide`);
    const divided = node(
      'Div',
      [wide, constant(`${block}.root2`, float32([], [Math.SQRT2]))],
      `${block}.divided`,
    );
    const erf = node('Erf', [divided], `${block}.erf`);
    const half = node('Mul', [wide, constant(`${block}.half`, float32([], [0.5]))], `${block}.halved`);
    const gelu = node(
      'Mul',
      [half, node('Add', [erf, constant(`${block}.one`, float32([], [1]))], `${block}.gate`)],
      `${block}.gelu`,
    );
    x = node('Add', [between, linear(gelu, 2 * WIDTH, WIDTH, `${block}.narrow`)], block);
  }
  return plainModel({
    nodes,
    constants,
    opset: 17,
    inputs: { pixels: ['float32', ['n', 3, SIDE, SIDE]] },
    outputs: { block2: ['float32', ['n', tokens, WIDTH]] },
  });
}

describe.each([
  ['with a class token', 1],
  ['with a class token and four registers', 5],
])('a vision transformer %s', (_, leading) => {
  const name = `vit-${leading}`;

  it('is trained on, scores, and is exported with the same scores', async () => {
    await writeFile(join(place.path, `${name}.onnx`), visionTransformer(leading));
    const trained = await place.cflow(
      ...['train', 'brushed-metal', '--backbone', `${name}.onnx`, '--layers', 'block1,block2'],
      ...['--input-size', String(SIDE), '--device', 'cpu', '--no-evaluate', '--output', `${name}.cflow`],
    );
    expect(trained.code, trained.stderr).toBe(0);
    const [line] = jsonLines(
      (await place.cflow('predict', `${name}.cflow`, IMAGE, '--json', '--device', 'cpu')).stdout,
    );
    const exported = await place.cflow('export', `${name}.cflow`, '--output', `${name}-all.onnx`);
    expect(exported.code, exported.stderr).toBe(0);
    const session = await ort.InferenceSession.create(join(place.path, `${name}-all.onnx`));
    const pixels = resizeToPlanar(await decodeImage(join(place.path, IMAGE)), SIDE, SIDE);
    const outputs = await session.run({ image: new ort.Tensor('uint8', pixels, [1, 3, SIDE, SIDE]) });
    expect(Number(outputs.score?.data[0])).toBeCloseTo(line?.score as number, 4);
    expect(outputs.anomaly_map?.dims).toEqual([1, SIDE, SIDE]);
    await session.release();
  });
});
