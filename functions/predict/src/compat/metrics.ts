// Node only: prom-client measures the process and the event loop with what Node has for it.

import type { Inference, InferenceObserver } from '@cflow/inference';
import type { Context } from 'hono';
import { routePath } from 'hono/route';
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type Metric,
  type OpenMetricsContentType,
  Registry,
} from 'prom-client';
import { answeredStatus } from '../app/answered-status.js';
import type { AppEnvironment } from '../app/environment.js';
import type { Metrics } from './metrics-route.js';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export interface MetricsOptions {
  /** Entries of the log that were dropped so far; left out where the log drops none. */
  droppedLogEntries?: (() => number) | undefined;
}

/** Metrics of one service, in a registry of their own. Names are as Prometheus advises: base units, `_total` for counts. */
export function createMetrics({ droppedLogEntries }: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  const openMetrics = new Registry<OpenMetricsContentType>();
  openMetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  // A delay is only seen to this many milliseconds, which are part of what is reported.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 1 });
  const registers = [registry];
  const requests = new Counter({
    name: 'cflow_http_requests_total',
    help: 'Requests by method, route and status',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const latency = new Histogram({
    name: 'cflow_http_request_duration_seconds',
    help: 'From the head of a request to the head of its answer',
    labelNames: ['method', 'route'],
    buckets: SECONDS,
    enableExemplars: true,
    registers: [openMetrics],
  });
  registry.registerMetric(latency);
  if (droppedLogEntries) {
    new Counter({
      name: 'cflow_log_dropped_total',
      help: 'Entries of the log that were dropped because nobody read them in time',
      registers,
      collect() {
        this.reset();
        this.inc(droppedLogEntries());
      },
    });
  }
  let watched: Pick<Inference, 'status'> | undefined;
  watchStatus(registers, () => watched?.status());
  const observer = inferenceObserver(registers);
  showAlso(registry, openMetrics);

  return {
    observer,
    watch(inference) {
      watched = inference;
    },
    async middleware(c, next) {
      const began = performance.now();
      await next();
      // As declared: the addresses that strangers think of would be numbers without end.
      const route = routePath(c, -1);
      const method = METHODS.has(c.req.method) ? c.req.method : 'other';
      requests.inc({ method, route, status: answeredStatus(c) });
      const value = (performance.now() - began) / 1000;
      latency.observe({ labels: { method, route }, value, exemplarLabels: exemplarOf(c) });
    },
    registry,
    async scrape(form) {
      const from = form === 'open-metrics' ? openMetrics : registry;
      return { contentType: from.contentType, body: await from.metrics() };
    },
  };
}

/** OpenMetrics allows 128 characters; ids that clients choose may be as long. */
const LONGEST_ID = 64;

/** What a number of the histogram is an example of. */
function exemplarOf(c: Context<AppEnvironment>): Record<string, string> {
  const id = c.get('requestId');
  const traceId = c.get('span')?.traceId;
  return {
    ...(id && id.length <= LONGEST_ID && { request_id: id }),
    ...(traceId && { trace_id: traceId }),
  };
}

/**
 * The metrics of one registry in another, of the other form. By views of them: prom-client takes the `_total` from the names
 * of counters that it writes as OpenMetrics, for good.
 */
function showAlso(from: Registry, to: Registry<OpenMetricsContentType>): void {
  for (const metric of from.getMetricsAsArray() as unknown as Metric[]) {
    const { name } = metric as unknown as { name: string };
    if (!to.getSingleMetric(name)) to.registerMetric(Object.create(metric) as Metric);
  }
}

function inferenceObserver(registers: Registry[]): Required<InferenceObserver> {
  const predictions = new Counter({
    name: 'cflow_predictions_total',
    help: 'Images scored, by detector and label',
    labelNames: ['detector', 'label'],
    registers,
  });
  const batchImages = new Histogram({
    name: 'cflow_batch_images',
    help: 'Images of the batches that were scored',
    labelNames: ['device'],
    buckets: [1, 2, 4, 8, 16, 32, 64],
    registers,
  });
  const padding = new Counter({
    name: 'cflow_batch_padding_images_total',
    help: 'Places of batches that no image was in',
    labelNames: ['device'],
    registers,
  });
  const seconds = (name: string, help: string) =>
    new Histogram({ name: `cflow_${name}_seconds`, help, buckets: SECONDS, registers });
  const run = new Histogram({
    name: 'cflow_run_seconds',
    help: 'How long the device took for a batch',
    labelNames: ['device'],
    buckets: SECONDS,
    registers,
  });
  const decode = seconds('decode', 'How long an image took from its file to pixels');
  const wait = seconds('queue_wait', 'How long an image waited for its batch to begin');
  const load = seconds('detector_load', 'How long a detector took to be loaded and warmed');
  const evictions = new Counter({
    name: 'cflow_detector_evictions_total',
    help: 'Detectors that had to make room for others',
    registers,
  });
  const failedSwaps = new Counter({
    name: 'cflow_detector_swap_failures_total',
    help: 'Versions that an alias was moved to and that could not be loaded',
    registers,
  });
  const shadows = new Counter({
    name: 'cflow_shadow_images_total',
    help: 'Images that the shadow of a detector was offered after the answer, by what came of it',
    labelNames: ['detector', 'outcome'],
    registers,
  });
  const failedLanes = new Counter({
    name: 'cflow_lane_failures_total',
    help: 'Further lanes that could not be opened',
    registers,
  });
  const replacements = new Counter({
    name: 'cflow_thread_replacements_total',
    help: 'Threads and lanes that died or were stuck',
    labelNames: ['kind'],
    registers,
  });
  const count = (name: string, help: string) => new Counter({ name: `cflow_${name}_total`, help, registers });
  const overruns = new Counter({
    name: 'cflow_engine_overruns_total',
    help: 'Calls of the engine that did not come back in their time',
    labelNames: ['step'],
    registers,
  });
  const refusals = count(
    'refusals',
    'Detectors and backbones that were refused for a while: lanes were lost over them',
  );
  const memory = count('out_of_memory', 'Runs and loads for which the memory of the device did not suffice');
  const lost = count('device_losses', 'Devices that were lost to the process');
  return {
    answered(results) {
      for (const { detector, label } of results) predictions.inc({ detector: detector.name, label });
    },
    batch({ device, images, size, runMs }) {
      batchImages.observe({ device }, images);
      padding.inc({ device }, Math.max(0, size - images));
      run.observe({ device }, runMs / 1000);
    },
    queueWait: (milliseconds) => wait.observe(milliseconds / 1000),
    decode: (milliseconds) => decode.observe(milliseconds / 1000),
    loaded: ({ milliseconds }) => load.observe(milliseconds / 1000),
    evicted: () => evictions.inc(),
    swapFailed: () => failedSwaps.inc(),
    shadow: ({ name, outcome }) => shadows.inc({ detector: name, outcome }),
    laneFailed: () => failedLanes.inc(),
    threadReplaced: ({ kind }) => replacements.inc({ kind }),
    overran: ({ step }) => overruns.inc({ step: step?.kind ?? 'unknown' }),
    refused: () => refusals.inc(),
    outOfMemory: () => memory.inc(),
    deviceLost: () => lost.inc(),
  };
}

/** Gauges that are read when somebody asks for them. */
function watchStatus(registers: Registry[], status: () => ReturnType<Inference['status']> | undefined): void {
  const gauge = (name: string, help: string, read: (status: ReturnType<Inference['status']>) => number) => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const found = status();
        if (found) this.set(read(found));
      },
    });
  };
  gauge('cflow_queue_length', 'Images waiting and being scored', ({ queue }) => queue.length);
  gauge('cflow_queue_capacity', 'Images that may wait or be scored at once', ({ queue }) => queue.capacity);
  gauge('cflow_detectors_loaded', 'Detectors in memory', ({ detectors }) => detectors.length);
  gauge('cflow_scoring_stalled', '1 while no lane scores', ({ health }) => (health.state === 'well' ? 0 : 1));
  gauge('cflow_lanes_hanging', 'Lanes that were given up and still hang', ({ health }) => health.abandoned);
  gauge(
    'cflow_detectors_refused',
    'Detectors and backbones that are refused',
    ({ health }) => health.refused,
  );
  gauge('cflow_detectors_bytes', 'Estimated bytes of the detectors in memory', ({ detectors }) =>
    detectors.reduce((sum, { bytes }) => sum + bytes, 0),
  );
}
