import { encodeMapPng8 } from '@cflow/visual/node';
import type { Client } from '../client/client.js';
import type { Samples } from '../samples.js';

/** A JSON body that a route takes, with every field that it has. */
export interface SampleBody {
  method: string;
  path: string;
  body: unknown;
  /** What is JSON only in a field of a form: the name of that field. */
  field?: string;
}

/** A body for every operation that takes JSON; `npm run attack -- --only json-bombs` says when one is missing. */
export async function sampleBodies(client: Client, { png }: Samples): Promise<SampleBody[]> {
  const base64 = Buffer.from(png).toString('base64');
  const mask = await encodeMapPng8({ width: 64, height: 64, data: new Float32Array(4096) });
  const ignore = { base64: Buffer.from(mask.png).toString('base64') };
  const options = {
    threshold: 1,
    pixelThreshold: 1,
    map: 'none',
    overlay: false,
    regions: true,
    minArea: 1,
    minShare: 0.05,
    maxRegions: 10,
    device: 'auto',
  };
  const predict = { images: [{ base64, ignore }, { url: 'http://127.0.0.1:9/a.png' }], ...options };
  const training = {
    preset: 'fast',
    configuration: {
      backbone: 'embedded',
      layers: ['layer1'],
      preTrained: true,
      fiberBatchSize: 64,
      decoder: 'freia-cflow',
      conditionVector: 16,
      couplingBlocks: 2,
      clampAlpha: 1.9,
      permuteSoft: false,
      fusion: 'likelihood',
      lr: 1e-4,
      inputSize: [64, 64],
      seed: 0,
    },
    epochs: 1,
    validationFraction: 0.1,
    precision: 'float32',
    strict: false,
    alias: 'candidate',
    webhook: { url: 'https://example.invalid/' },
    timeoutSeconds: 60,
    maxAttempts: 1,
  };
  const infer = {
    id: '1',
    parameters: { threshold: 1, binary_data_output: false },
    inputs: [
      {
        name: 'image',
        datatype: 'UINT8',
        shape: [1, 3, 2, 2],
        parameters: {},
        data: Array.from({ length: 12 }, () => 7),
      },
    ],
    outputs: [{ name: 'score', parameters: { binary_data: false } }],
  };
  const id = await predictionId(client, png);
  return [
    { method: 'POST', path: '/v1/detectors/wood/predict', body: predict },
    { method: 'POST', path: '/v1/predict', body: { ...predict, detectors: ['wood'] } },
    { method: 'POST', path: '/v1/detectors/wood/predict', body: options, field: 'options' },
    { method: 'POST', path: '/invocations', body: { ...predict, detectors: ['wood'] } },
    {
      method: 'POST',
      path: '/vertex',
      body: {
        instances: [{ b64: base64 }, { image: { b64: base64 } }],
        parameters: { ...options, detector: 'wood' },
      },
    },
    { method: 'POST', path: '/v2/models/wood/infer', body: infer },
    { method: 'POST', path: '/v2/repository/index', body: { ready: true } },
    {
      method: 'PUT',
      path: '/v1/detectors/wood/aliases/candidate',
      body: { version: 'f'.repeat(64), expected: null },
    },
    {
      method: 'PUT',
      path: '/v1/detectors/wood/settings',
      body: {
        threshold: 1,
        version: 'f'.repeat(64),
        minArea: 3,
        minShare: 0.1,
        note: 'a note',
        expected: 99,
      },
    },
    { method: 'POST', path: `/v1/predictions/${id}/feedback`, body: { label: 'good', note: 'a note' } },
    { method: 'POST', path: '/v1/detectors/wood/retrain', body: { version: 'nothing', alias: 'candidate' } },
    {
      method: 'POST',
      path: '/v1/jobs',
      body: { name: 'new', dataSet: { path: 'data-sets/none.zip' }, ...training },
    },
    { method: 'POST', path: '/v1/jobs', body: { name: 'new', ...training }, field: 'job' },
  ];
}

async function predictionId(client: Client, png: Uint8Array): Promise<string> {
  const { status, text } = await client.predict(png);
  if (status !== 200) throw new Error(`no prediction to give feedback on: ${status} ${text}`);
  return (JSON.parse(text) as { predictions: [{ id: string }] }).predictions[0].id;
}

/** Operations of the service's own description that take JSON and that no sample is for. */
export async function withoutSample(client: Client, samples: readonly SampleBody[]): Promise<string[]> {
  const { text, bytes } = await client.ask('/openapi.json');
  // Longer than a client keeps of an answer.
  const whole = bytes > text.length ? await (await fetch(client.address('/openapi.json'))).text() : text;
  const { paths } = JSON.parse(whole) as {
    paths: Record<string, Record<string, { requestBody?: { content: Record<string, unknown> } }>>;
  };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { requestBody }]) => requestBody && 'application/json' in requestBody.content)
      .map(([method]) => `${method.toUpperCase()} ${path}`)
      .filter((operation) => !samples.some((sample) => takes(operation, `${sample.method} ${sample.path}`)))
      // The same operation with a version in its address.
      .filter((operation) => !operation.includes('/versions/{version}/infer')),
  );
}

function takes(operation: string, request: string): boolean {
  const pattern = operation.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(request);
}
