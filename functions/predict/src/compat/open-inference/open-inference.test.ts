import { testImage } from '@cflow/detector/testing';
import { toPlanar } from '@cflow/images';
import type { RgbImage } from '@cflow/spec';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../app/create-app.js';
import { newApp } from '../../app/new-app.js';
import type { AppParts } from '../../app/parts.js';
import { testKeys } from '../testing/test-keys.js';
import { starting, testService } from '../testing/test-parts.js';
import { openInferenceErrors } from './open-inference-errors.js';
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
      { error: expect.stringContaining('found 100000 in "data"') },
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

  it.each([
    ['GET', '/v2/nothing', 404],
    ['GET', '/v2/models/wood/infer', 405],
    ['DELETE', '/v2/models/wood', 405],
    ['POST', '/v2/health/live', 405],
    ['GET', '/v2/models/steel', 404],
    ['GET', '/v2/models/..%2f..%2fetc', 404],
    ['GET', '/v2/models/wood/versions/none/ready', 404],
  ])('%s %s: %i', async (method, path, status) => {
    const response = await app.request(path, { method });
    expect(response.status).toBe(status);
    expect(Object.keys(await errorOf(response))).toEqual(['error']);
    if (status === 405) expect(response.headers.get('allow')).toMatch(/GET|POST/);
  });

  it('refuses a body that is too large, keys that are none, and too many requests, in its own form', async () => {
    const large = await infer({ inputs: [{ ...image, name: 'x'.repeat(1_000_000) }] });
    const keys = testKeys({ reader: ['read'], line: ['predict'] });
    const closed = appOf({ keys, limits: { ...parts.limits, rate: { perSecond: 0.001, burst: 1 } } });
    const ask = (key?: string) =>
      closed.request('/v2/models/wood/infer', {
        method: 'POST',
        body: JSON.stringify({ inputs: [image] }),
        ...(key && { headers: { authorization: `Bearer ${key}` } }),
      });
    const answers = [large, await ask(), await ask('reader'), await ask('line'), await ask('line')];
    expect(answers.map(({ status }) => status)).toEqual([413, 401, 403, 200, 429]);
    for (const answer of answers.filter(({ ok }) => !ok)) {
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(Object.keys(await errorOf(answer))).toEqual(['error']);
    }
    expect(answers[4]?.headers.get('retry-after')).toMatch(/^\d+$/);
    // Whether a server lives is no secret.
    expect((await closed.request('/v2/health/ready')).status).toBe(200);
  });

  it('answers in its own form also when what is around it fails', async () => {
    const inference = {
      ...parts.inference,
      predict: () => Promise.reject(new Error('at /secret/path')),
    };
    const failing = appOf({ inference });
    const response = await failing.request('/v2/models/wood/infer', {
      method: 'POST',
      body: JSON.stringify({ inputs: [image] }),
    });
    expect(response.status).toBe(500);
    expect(JSON.stringify(await response.json())).not.toContain('secret');
  });

  it('answers late bodies, late predictions and odd addresses in its own form', async () => {
    const inference = {
      ...parts.inference,
      predict: ({ signal }: { signal: AbortSignal }) =>
        new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    };
    const limits = { ...parts.limits, requestTimeoutMs: 300, bodyTimeoutMs: 100 };
    // Before everything that may refuse a request.
    const outer = newApp();
    outer.use(openInferenceErrors);
    outer.route('/', appOf({ inference, limits }));
    const path = '/v2/models/wood/infer';
    const body = JSON.stringify({ inputs: [image] });
    const answers = [
      await outer.request(path, { method: 'POST', body }),
      await outer.request(
        new Request(`http://localhost${path}`, {
          method: 'POST',
          body: new ReadableStream(),
          duplex: 'half',
        }),
      ),
      await outer.request('/v2/%ff'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([504, 408, 400]);
    for (const answer of answers) expect(Object.keys(await errorOf(answer))).toEqual(['error']);
    expect(await (await outer.request('/elsewhere/%ff')).json()).toMatchObject({ status: 400 });
  });

  it('says 422 of a file that is no image', async () => {
    const response = await infer({
      inputs: [{ name: 'image_bytes', datatype: 'BYTES', shape: [1], data: ['AAAA'] }],
    });
    expect(response.status).toBe(422);
    expect(Object.keys(await errorOf(response))).toEqual(['error']);
  });
});

describe('requests of strangers', () => {
  const weird = fc.oneof(
    fc.constantFrom(-1, 0, 1, 3, 64, 2 ** 31, 2 ** 53, 1e308, 0.5, null, 'NaN', '', [], {}, true),
    fc.jsonValue(),
  );
  const shape = fc.oneof(
    fc.constant([1, 3, 2, 2]),
    fc.array(fc.constantFrom(0, 1, 2, 3, 64, 65, 65_536, 2 ** 31 - 1, 2 ** 31, -1, 1.5), { maxLength: 9 }),
    weird,
  );
  const data = fc.oneof(
    fc.array(fc.oneof(fc.integer({ min: -1, max: 256 }), weird), { maxLength: 13 }),
    fc.constant([
      [
        [
          [1, 2],
          [3, 4],
        ],
        [[1, 2], [3]],
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ]),
    fc.constantFrom(['aGVsbG8='], ['!'], [['aGVsbG8=']], [null]),
    weird,
  );
  const input = fc.record(
    {
      name: fc.oneof(fc.constantFrom('image', 'image_bytes', 'label'), weird),
      datatype: fc.oneof(fc.constantFrom('UINT8', 'BYTES', 'FP32'), weird),
      shape,
      data,
      parameters: fc.oneof(
        fc.record({ binary_data_size: fc.oneof(fc.integer({ min: -5, max: 30 }), weird) }),
        weird,
      ),
    },
    { requiredKeys: [] },
  );
  const body = fc.record(
    {
      id: fc.oneof(fc.string(), weird),
      inputs: fc.oneof(fc.array(input, { maxLength: 2 }), weird),
      outputs: fc.oneof(fc.array(fc.record({ name: fc.oneof(fc.constant('score'), weird) })), weird),
      parameters: fc.oneof(
        fc.record({ threshold: weird, false_alarm_rate: weird }, { requiredKeys: [] }),
        weird,
      ),
    },
    { requiredKeys: ['inputs'] },
  );
  const headerLength = fc.oneof(
    fc.constant('all'),
    fc.constantFrom('-1', '0', '1', '1e3', ' 7', '0x10', '99999999999', 'NaN', ''),
  );

  it('are answered, or refused with 4xx and what is wrong', async () => {
    const seen = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(body, headerLength, fc.uint8Array({ maxLength: 40 }), async (json, header, tail) => {
        const text = Buffer.from(JSON.stringify(json));
        const response = await app.request('/v2/models/wood/infer', {
          method: 'POST',
          body: joined(text, header === 'all' && tail.length % 2 ? Buffer.alloc(0) : tail),
          headers: { 'Inference-Header-Content-Length': header === 'all' ? String(text.length) : header },
        });
        seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
        if (response.status === 200) return;
        expect([400, 422]).toContain(response.status);
        const answer = await errorOf(response);
        expect(Object.keys(answer)).toEqual(['error']);
        expect(answer.error).toMatch(/\w/);
      }),
      {
        numRuns: 1500,
        examples: [
          // A right one, so that the wrong ones are known to be near it.
          [
            { inputs: [{ name: 'image', datatype: 'UINT8', shape: [1, 3, 2, 2], data: Array(12).fill(9) }] },
            'all',
            Uint8Array.of(),
          ],
        ],
      },
    );
    expect(seen.get(200)).toBeGreaterThan(0);
    expect(seen.get(400)).toBeGreaterThan(100);
  });

  it.each([
    ['no JSON', '{"inputs": ['],
    ['no UTF-8', Uint8Array.of(0xff, 0xfe)],
    ['nothing', ''],
    ['an array', '[]'],
    ['much nesting', '['.repeat(100_000) + ']'.repeat(100_000)],
    [
      'a huge shape',
      JSON.stringify({ inputs: [{ ...image, shape: [64, 3, 2 ** 31 - 1, 2 ** 31 - 1], data: [1] }] }),
    ],
    ['a value too large', JSON.stringify({ inputs: [{ ...image, shape: [1, 3, 1, 1], data: [1, 2, 256] }] })],
    ['a fraction', JSON.stringify({ inputs: [{ ...image, shape: [1, 3, 1, 1], data: [1, 2, 0.5] }] })],
    ['no number', '{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,3,1,1],"data":[1,2,NaN]}]}'],
    ['65 images', JSON.stringify({ inputs: [{ ...image, shape: [65, 3, 1, 1], data: Array(195).fill(0) }] })],
    [
      'both kinds of threshold',
      JSON.stringify({ inputs: [image], parameters: { threshold: 1, false_alarm_rate: 0.1 } }),
    ],
    ['an output twice', JSON.stringify({ inputs: [image], outputs: [{ name: 'score' }, { name: 'score' }] })],
  ])('are refused with %s', async (_, body) => {
    const response = await app.request('/v2/models/wood/infer', { method: 'POST', body });
    expect(response.status).toBe(400);
    expect(Object.keys(await errorOf(response))).toEqual(['error']);
  });
});
