import { testImage } from '@cflow/detector/testing';
import { toPlanar } from '@cflow/images';
import type { RgbImage } from '@cflow/spec';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../app/create-app.js';
import type { AppParts } from '../../app/parts.js';
import { starting, testService } from '../testing/test-parts.js';
import { openInferenceRoutes } from './open-inference-routes.js';

const { parts, detector, version } = await testService();
const appOf = (changes: Partial<AppParts> = {}) => {
  const all = { ...parts, ...changes };
  return createApp(all).route('/', openInferenceRoutes(all));
};
const app = appOf();
const images = [testImage(1, 80, 60), testImage(2, 80, 60)];
// One by one, as the service of this test does: a batch may differ in the last bit.
const expected = [
  await detector.predict(images[0] as RgbImage),
  await detector.predict(images[1] as RgbImage),
];
const planar = images.map((image) => toPlanar(image));
const values = Array.from(Buffer.concat(planar));
const image = { name: 'image', datatype: 'UINT8', shape: [2, 3, 60, 80], data: values };
const infer = (body: unknown, path = '/v2/models/wood/infer') =>
  app.request(path, { method: 'POST', body: JSON.stringify(body) });
interface Answer {
  model_name: string;
  parameters: { threshold: number };
  outputs: { name: string; data?: unknown[] }[];
}
const answerOf = async (response: Response) => (await response.json()) as Answer;
const errorOf = async (response: Response) => (await response.json()) as { error: string };
const joined = (...parts: Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));
const outputOf = (body: Answer, name: string) => body.outputs.find((output) => output.name === name);

describe('what is told of the server and its models', () => {
  it.each([
    ['/v2', { name: 'cflow', version: '0.1.0', extensions: ['binary_tensor_data'] }],
    ['/v2/health/live', { live: true }],
    ['/v2/health/ready', { ready: true }],
    ['/v2/models/wood/ready', { name: 'wood', ready: true }],
    ['/v2/models/wood/versions/production/ready', { name: 'wood', ready: true }],
  ])('GET %s', async (path, body) => {
    const response = await app.request(path);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(body);
  });

  it.each(['/v2/models/wood', `/v2/models/wood/versions/${version}`])('GET %s', async (path) => {
    const response = await app.request(path);
    expect(await response.json()).toEqual({
      name: 'wood',
      versions: ['latest', 'production', version],
      platform: 'onnxruntime_cflow',
      inputs: [
        { name: 'image', datatype: 'UINT8', shape: [-1, 3, -1, -1] },
        { name: 'image_bytes', datatype: 'BYTES', shape: [-1] },
      ],
      outputs: [
        { name: 'score', datatype: 'FP32', shape: [-1] },
        { name: 'false_alarm_probability', datatype: 'FP32', shape: [-1] },
        { name: 'label', datatype: 'BYTES', shape: [-1] },
        { name: 'anomaly_map', datatype: 'FP32', shape: [-1, 1, 64, 64] },
      ],
    });
  });

  it('lists every alias of every detector', async () => {
    const response = await app.request('/v2/repository/index', { method: 'POST', body: '{"ready":true}' });
    expect(await response.json()).toEqual([
      { name: 'wood', version: 'latest', state: 'READY', reason: '' },
      { name: 'wood', version: 'production', state: 'READY', reason: '' },
    ]);
    const wrong = await app.request('/v2/repository/index', { method: 'POST', body: '[' });
    expect(wrong.status).toBe(400);
  });

  it('is not ready while the service starts', async () => {
    const other = appOf({ readiness: starting });
    for (const path of ['/v2/health/ready', '/v2/models/wood/ready']) {
      const response = await other.request(path);
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ ready: false, error: starting.detail });
    }
    expect((await other.request('/v2/health/live')).status).toBe(200);
  });

  it('stands in the OpenAPI document', () => {
    const { paths } = openInferenceRoutes(parts).getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 't', version: '1' },
    });
    expect(Object.keys(paths ?? {})).toEqual(
      expect.arrayContaining([
        '/v2',
        '/v2/models/{model}/infer',
        '/v2/models/{model}/versions/{version}/infer',
      ]),
    );
  });
});

describe('infer', () => {
  it('gives the numbers of the detector, whatever the layout of the pixels', async () => {
    const interleaved = Array.from(Buffer.concat(images.map(({ data }) => data)));
    const nested = [0, 1].map((n) =>
      [0, 1, 2].map((channel) =>
        Array.from({ length: 60 }, (_, y) => {
          const begin = channel * 4800 + y * 80;
          return Array.from((planar[n] as Uint8Array).subarray(begin, begin + 80));
        }),
      ),
    );
    const bodies = [
      { inputs: [image] },
      { inputs: [{ ...image, shape: [2, 60, 80, 3], data: interleaved }] },
      { inputs: [{ ...image, data: nested }] },
    ];
    for (const body of bodies) {
      const response = await infer({ id: 'a', ...body });
      expect(response.status).toBe(200);
      const answer = await answerOf(response);
      expect(answer).toMatchObject({ id: 'a', model_name: 'wood', model_version: version });
      expect(outputOf(answer, 'score')).toEqual({
        name: 'score',
        datatype: 'FP32',
        shape: [2],
        data: expected.map(({ score }) => Math.fround(score)),
      });
      expect(outputOf(answer, 'label')?.data).toEqual(expected.map(({ label }) => label));
      expect(outputOf(answer, 'anomaly_map')).toBeUndefined();
    }
  });

  it('makes nothing of the size of a shape that only the first rows have', async () => {
    const side = 100_000;
    // Two hundred thousand values, nested as if they were ten thousand million.
    const rows = [new Array(side).fill(0), ...new Array(side - 1).fill([])];
    const data = [[rows, [], []]];
    const response = await infer({ inputs: [{ ...image, shape: [1, 3, side, side], data }] });
    expect([response.status, await errorOf(response)]).toEqual([
      400,
      { error: expect.stringContaining('got 100000 in "data"') },
    ]);
  });

  it('takes image files, in JSON and behind it, and gives tensors behind it', async () => {
    const files = await Promise.all(
      images.map(({ data, width, height }) =>
        sharp(data, { raw: { width, height, channels: 3 } })
          .png()
          .toBuffer(),
      ),
    );
    const inJson = await infer(
      {
        inputs: [
          {
            name: 'image_bytes',
            datatype: 'BYTES',
            shape: [2],
            data: files.map((f) => f.toString('base64')),
          },
        ],
      },
      '/v2/models/wood/versions/production/infer',
    );
    const scores = outputOf(await answerOf(inJson), 'score')?.data;
    expect(scores).toEqual(expected.map(({ score }) => Math.fround(score)));

    const binary = Buffer.concat(
      files.flatMap((file) => {
        const length = Buffer.alloc(4);
        length.writeUInt32LE(file.length);
        return [length, file];
      }),
    );
    const json = Buffer.from(
      JSON.stringify({
        inputs: [
          {
            name: 'image_bytes',
            datatype: 'BYTES',
            shape: [2],
            parameters: { binary_data_size: binary.length },
          },
        ],
        outputs: [
          { name: 'score', parameters: { binary_data: false } },
          { name: 'label' },
          { name: 'anomaly_map' },
        ],
        parameters: { binary_data_output: true, foreign: 1 },
      }),
    );
    const response = await app.request('/v2/models/wood/infer', {
      method: 'POST',
      body: joined(json, binary),
      headers: { 'Inference-Header-Content-Length': String(json.length) },
    });
    expect(response.status).toBe(200);
    const length = Number(response.headers.get('inference-header-content-length'));
    const body = Buffer.from(await response.arrayBuffer());
    const head = JSON.parse(body.subarray(0, length).toString());
    const labels = expected.flatMap(({ label }) => [label.length, 0, 0, 0, ...Buffer.from(label)]);
    expect(head.outputs).toEqual([
      { name: 'score', datatype: 'FP32', shape: [2], data: scores },
      { name: 'label', datatype: 'BYTES', shape: [2], parameters: { binary_data_size: labels.length } },
      {
        name: 'anomaly_map',
        datatype: 'FP32',
        shape: [2, 1, 64, 64],
        parameters: { binary_data_size: 2 * 64 * 64 * 4 },
      },
    ]);
    expect([...body.subarray(length, length + labels.length)]).toEqual(labels);
    const map = new Float32Array(Uint8Array.from(body.subarray(length + labels.length)).buffer);
    expect(map).toEqual(Float32Array.from(expected.flatMap(({ map: { data } }) => [...data])));
  });

  it('takes pixels behind the JSON, and a threshold', async () => {
    const threshold = (expected[0]?.score ?? 0) + 1e-3;
    const json = Buffer.from(
      JSON.stringify({
        inputs: [{ ...image, data: undefined, parameters: { binary_data_size: values.length } }],
        parameters: { threshold },
      }),
    );
    const response = await app.request('/v2/models/wood/infer', {
      method: 'POST',
      body: joined(json, ...planar),
      headers: { 'Inference-Header-Content-Length': String(json.length) },
    });
    const answer = await answerOf(response);
    expect(answer.parameters.threshold).toBe(threshold);
    expect(outputOf(answer, 'label')?.data?.[0]).toBe('good');
  });
});
