// What a service and a line record, seen by a collector on loopback. With PICTURES set, the traces go to docs/images.
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { runCli } from '../../packages/cli/src/testing/run-cli.js';
import { createTrainedWorkplace, type Workplace } from '../../packages/cli/src/testing/workplace.js';
import { startServiceProcess } from '../service/service-process.js';
import { type OtlpReceiver, outline, type SpanTree, spanTree, startOtlpReceiver } from './otlp-receiver.js';
import { tracePicture } from './trace-picture.js';

const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const LOADED = fileURLToPath(new URL('./loaded-modules.cjs', import.meta.url));
const CPU = ['--device', 'cpu', '--threads', '1'];

let place: Workplace;
let picture: Buffer;
let receiver: OtlpReceiver;
beforeAll(async () => {
  place = await createTrainedWorkplace();
  picture = await readFile(join(place.dataSet, 'test/hole/000.png'));
  receiver = await startOtlpReceiver();
});
afterAll(async () => {
  await receiver.close();
  await place.remove();
});

async function draw(name: string, title: string, tree: readonly SpanTree[]): Promise<void> {
  const text = tracePicture(title, tree);
  expect(text).toContain('>backbone</text>');
  if (process.env.PICTURES !== undefined) await writeFile(join(IMAGES, name), text);
}

const within = ({ span, parts }: SpanTree): boolean =>
  parts.every(
    (part) => part.span.start >= span.start - 0.1 && part.span.end <= span.end + 0.1 && within(part),
  );

/** `cflow watch --once` on one picture in a folder of its own. */
async function watchOne(name: string, env: Record<string, string>) {
  await mkdir(join(place.path, name, 'incoming'), { recursive: true });
  await cp(join(place.dataSet, 'test/hole/000.png'), join(place.path, name, 'incoming/part-1.png'));
  const args = ['watch', `${name}/incoming`, '--detector', 'metal.cflow', ...CPU, '--settle', '20', '--once'];
  const to = ['--to', `jsonl:${name}/v.jsonl`, '--to', `csv:${name}/v.csv`];
  const result = await runCli([...args, ...to], { cwd: place.path, env });
  expect(result.code, result.stderr).toBe(0);
  return result;
}

it('records a request as a part of its caller’s trace, from its body to its answer', async () => {
  const env = { ...receiver.env, OTEL_SERVICE_NAME: 'inspection', CFLOW_DEVICE: 'cpu' };
  const service = await startServiceProcess(['metal.cflow'], env, { cwd: place.path });
  onTestFinished(async () => void (await service.kill('SIGKILL')));
  await service.ready();
  const traceId = 'a'.repeat(31) + '1';
  // What a first request waits for is over; its caller records nothing.
  await fetch(`${service.url}/v1/detectors/brushed-metal/predict`, {
    method: 'POST',
    headers: { 'content-type': 'image/png', traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-00` },
    body: picture,
  });
  // Before the one that is looked for: a bucket has one example, the newest, and this one may be as fast.
  await fetch(`${service.url}/v1/detectors/nobody/predict`, {
    method: 'POST',
    body: 'x',
    headers: { 'content-type': 'image/png' },
  });
  const answer = await fetch(`${service.url}/v1/detectors/brushed-metal/predict`, {
    method: 'POST',
    headers: {
      'content-type': 'image/png',
      traceparent: `00-${traceId}-${'b'.repeat(16)}-01`,
      'x-request-id': 'part-4711',
    },
    body: picture,
  });
  expect(answer.status).toBe(200);
  const open = await fetch(`${service.url}/metrics`, { headers: { accept: 'application/openmetrics-text' } });
  expect(open.headers.get('content-type')).toContain('application/openmetrics-text');
  const text = await open.text();
  expect(text).toMatch(
    new RegExp(`predict"} \\d+ # {request_id="part-4711",trace_id="${traceId}"} [\\d.]+ \\d+`),
  );
  expect(text).toMatch(/^cflow_http_requests_total{/m);
  expect(text).toMatch(/^# TYPE cflow_http_requests counter$/m);
  expect(text.trimEnd()).toMatch(/# EOF$/);
  // Afterwards, since prom-client changes names when it writes OpenMetrics.
  const plain = await (await fetch(`${service.url}/metrics`)).text();
  expect(plain).toMatch(/^# TYPE cflow_http_requests_total counter$/m);
  expect(plain).not.toContain('part-4711');
  expect(plain).toMatch(/^cflow_predictions_total\{detector="brushed-metal",label="(good|bad)"\} 2$/m);
  await expect.poll(() => receiver.metrics.get('cflow_http_requests_total')).toBeDefined();
  await service.kill();
  expect((await service.ended).code).toBe(0);

  const spans = receiver.spans.filter((span) => span.traceId === traceId);
  const tree = spanTree(spans, 'b'.repeat(16));
  expect(outline(tree)).toBe(
    'POST /v1/detectors/:detector/predict\n  read\n  detector\n  image\n    prepare\n    queue\n    batch\n      backbone\n      head\n    finish\n',
  );
  const [root] = tree as [SpanTree];
  expect(root.span).toMatchObject({ kind: 2, service: 'inspection', failed: false });
  expect(root.span.attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.response.status_code': 200,
    'cflow.request.id': 'part-4711',
  });
  expect(within(root)).toBe(true);
  const batch = spans.find(({ name }) => name === 'batch');
  expect(batch?.attributes).toMatchObject({ 'cflow.device': 'cpu', 'cflow.batch.images': 1 });
  // A request that is wrong is in a trace of its own, and no failure; probes and scrapes are in none.
  const others = receiver.spans.filter((span) => span.kind === 2 && span.traceId !== traceId);
  expect(others.map(({ attributes, failed }) => [attributes['http.response.status_code'], failed])).toEqual([
    [404, false],
  ]);
  const requests = receiver.metrics.get('cflow_http_requests_total');
  expect(requests?.sum?.isMonotonic).toBe(true);
  const took = receiver.metrics.get('cflow_http_request_duration_seconds');
  expect(took?.unit).toBe('s');
  const points = took?.histogram?.dataPoints ?? [];
  expect(points.length).toBeGreaterThan(0);
  for (const { count, bucketCounts } of points)
    expect(bucketCounts.map(Number).reduce((sum, n) => sum + n)).toBe(Number(count));
  await draw('trace-request.svg', 'One request: POST /v1/detectors/brushed-metal/predict', tree);
});

it('records a frame from the folder to each sink, under the trace that its result names', async () => {
  await watchOne('on', receiver.env);
  const result = JSON.parse(await readFile(join(place.path, 'on/v.jsonl'), 'utf8')) as {
    traceparent: string;
  };
  const [, traceId, spanId] = result.traceparent.split('-');
  const spans = receiver.spans.filter((span) => span.traceId === traceId);
  const tree = spanTree(spans, '');
  expect(outline(tree)).toBe('frame\n  queue\n  read\n  backbone\n  head\n  journal\n  deliver\n  deliver\n');
  const [root] = tree as [SpanTree];
  expect(root.span).toMatchObject({ spanId, service: 'cflow-line' });
  expect(root.span.attributes).toMatchObject({ 'cflow.frame.number': 1, 'cflow.frame.name': 'part-1.png' });
  const sinks = root.parts.flatMap(({ span }) => span.attributes['cflow.sink'] ?? []);
  expect(sinks.map((sink) => String(sink).split(':')[0]).sort()).toEqual(['csv', 'jsonl']);
  const verdicts = receiver.metrics.get('cflow_line_frames_total')?.sum?.dataPoints ?? [];
  expect(verdicts).toHaveLength(1);
  await draw('trace-frame.svg', 'One frame: part-1.png, from the folder to two sinks', tree);
});

it('loads nothing of OpenTelemetry unless it is asked for, and refuses what it cannot do', async () => {
  const loaded = async (name: string, env: Record<string, string>): Promise<string[]> => {
    const file = join(place.path, `${name}.txt`);
    await watchOne(name, { ...env, NODE_OPTIONS: `--require ${LOADED}`, LOADED_MODULES: file });
    const paths = (await readFile(file, 'utf8')).split('\n');
    return [...new Set(paths.flatMap((path) => /@opentelemetry\/[a-z-]+/.exec(path)?.[0] ?? []))];
  };
  expect(await loaded('off', {})).toEqual([]);
  expect(await loaded('disabled', { ...receiver.env, OTEL_SDK_DISABLED: 'true' })).toEqual([]);
  expect(await loaded('both', receiver.env)).toContain('@opentelemetry/sdk-trace');
  expect(await readFile(join(place.path, 'off/v.jsonl'), 'utf8')).not.toContain('traceparent');
  const refused = await runCli(['watch', 'off/incoming', '--detector', 'metal.cflow', '--to', 'csv:x.csv'], {
    cwd: place.path,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
  });
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toContain('expected http/protobuf or http/json, got "grpc"');
});

it('goes on where no collector is, says so once, and ends in time', async () => {
  const { stderr } = await watchOne('alone', {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    OTEL_EXPORTER_OTLP_TIMEOUT: '500',
  });
  expect(stderr).toMatch(/telemetry: .*(ECONNREFUSED|127\.0\.0\.1:9)/);
  expect(await readFile(join(place.path, 'alone/v.csv'), 'utf8')).toContain('part-1.png');
});
