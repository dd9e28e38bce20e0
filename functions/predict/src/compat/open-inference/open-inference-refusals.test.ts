import { testImage } from '@cflow/detector/testing';
import { toPlanar } from '@cflow/images';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../app/create-app.js';
import { newApp } from '../../app/new-app.js';
import type { AppParts } from '../../app/parts.js';
import { testKeys } from '../testing/test-keys.js';
import { testService } from '../testing/test-parts.js';
import { openInferenceErrors } from './open-inference-errors.js';
import { openInferenceRoutes } from './open-inference-routes.js';

const { parts } = await testService();
const appOf = (changes: Partial<AppParts> = {}) => {
  const all = { ...parts, ...changes };
  return createApp(all).route('/', openInferenceRoutes(all));
};
const app = appOf();
const data = Array.from(toPlanar(testImage(1, 80, 60)));
const image = { name: 'image', datatype: 'UINT8', shape: [1, 3, 60, 80], data };
const infer = (body: unknown, path = '/v2/models/wood/infer') =>
  app.request(path, { method: 'POST', body: JSON.stringify(body) });
const errorOf = async (response: Response) => (await response.json()) as { error: string };
const joined = (...parts: Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));

describe('what is refused', () => {
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

  it('says 422 of a file that is not an image', async () => {
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
