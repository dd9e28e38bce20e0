import { testImage } from '@cflow/detector/testing';
import type { InferenceResult } from '@cflow/inference';
import { predictOptionsSchema } from '@cflow/spec';
import { expect, it } from 'vitest';
import { createApp } from '../app/create-app.js';
import { newApp } from '../app/new-app.js';
import { createMetrics } from './metrics.js';
import { metricsRoute } from './metrics-route.js';
import { testKeys } from './testing/test-keys.js';
import { testService } from './testing/test-parts.js';

const { parts } = await testService();

function valuesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

it('counts requests by route, predictions by label, and what the inference tells', async () => {
  const metrics = createMetrics();
  const { inference } = parts;
  metrics.watch(inference);
  const app = newApp();
  app.use(metrics.middleware);
  app.route('/', createApp(parts));
  app.route('/', metricsRoute(metrics, parts));

  await app.request('/livez');
  for (let i = 0; i < 40; i++) await app.request(`/no/such/address/${i}`, { method: i % 2 ? 'GET' : 'BREW' });
  const [result] = await inference.predict({
    images: [{ image: { pixels: testImage(1) } }],
    detectors: [{ name: 'wood', reference: 'latest' }],
    options: predictOptionsSchema.parse({}),
    signal: AbortSignal.timeout(30_000),
  });
  metrics.observer.answered([result as InferenceResult]);
  metrics.observer.batch({ device: 'cpu', images: 3, size: 4, runMs: 20 });
  metrics.observer.decode(4);
  metrics.observer.queueWait(2);
  metrics.observer.evicted({ name: 'wood', version: '' });

  const response = await app.request('/metrics');
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  const text = await response.text();
  const values = valuesOf(text);
  expect(values.get('cflow_http_requests_total{method="GET",route="/livez",status="200"}')).toBe(1);
  // However many addresses strangers try, they are one line.
  const unknown = [...values.keys()].filter(
    (key) => key.startsWith('cflow_http_requests_total') && key.includes('404'),
  );
  expect(unknown.length).toBeLessThanOrEqual(2);
  expect(text).not.toContain('BREW');
  expect(values.get(`cflow_predictions_total{detector="wood",label="${result?.label}"}`)).toBe(1);
  expect(values.get('cflow_batch_images_sum{device="cpu"}')).toBe(3);
  expect(values.get('cflow_batch_padding_images_total{device="cpu"}')).toBe(1);
  expect(values.get('cflow_run_seconds_sum{device="cpu"}')).toBe(0.02);
  expect(values.get('cflow_decode_seconds_count')).toBe(1);
  expect(values.get('cflow_queue_wait_seconds_sum')).toBe(0.002);
  expect(values.get('cflow_detector_evictions_total')).toBe(1);
  expect(values.get('cflow_queue_capacity')).toBe(64);
  expect(values.get('cflow_detectors_loaded')).toBe(1);
  expect(values.get('cflow_detectors_bytes')).toBe(1000);
  expect(values.has('nodejs_eventloop_lag_p99_seconds')).toBe(true);
  expect(values.has('process_resident_memory_bytes')).toBe(true);
});

it('keeps the numbers of two services apart', async () => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.observer.evicted({ name: 'wood', version: '' });
  expect(valuesOf((await one.scrape()).body).get('cflow_detector_evictions_total')).toBe(1);
  expect(valuesOf((await other.scrape()).body).get('cflow_detector_evictions_total')).toBe(0);
});

it('is for callers who may read, where the service has keys', async () => {
  const closed = { ...parts, keys: testKeys({ reader: ['read'], line: ['predict'] }) };
  const app = createApp(closed).route('/', metricsRoute(createMetrics(), closed));
  const statusOf = async (key: string) =>
    (await app.request('/metrics', { headers: { 'x-api-key': key } })).status;
  expect([await statusOf('reader'), await statusOf('line'), await statusOf('none')]).toEqual([200, 403, 401]);
});
