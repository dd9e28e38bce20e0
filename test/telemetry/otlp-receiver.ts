// A small collector: takes OTLP as JSON on loopback and keeps it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** Empty of a root. */
  parentSpanId: string;
  name: string;
  /** 2 of what answers somebody. */
  kind: number;
  /** Milliseconds since 1970, with fractions. */
  start: number;
  end: number;
  attributes: Record<string, string | number | boolean>;
  failed: boolean;
  service: string;
}

export interface ReceivedMetric {
  name: string;
  unit?: string;
  sum?: { isMonotonic?: boolean; dataPoints: Point[] };
  gauge?: { dataPoints: Point[] };
  histogram?: { dataPoints: (Point & { count: number; sum: number; bucketCounts: number[] })[] };
}

interface Point {
  attributes: Attribute[];
  asDouble?: number;
  asInt?: number;
}

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number; doubleValue?: number; boolValue?: boolean };
}

interface Sent {
  resource: { attributes: Attribute[] };
  scopeSpans?: { spans: SentSpan[] }[];
  scopeMetrics?: { metrics: ReceivedMetric[] }[];
}

interface SentSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: Attribute[];
  status?: { code?: number };
}

export interface OtlpReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  url: string;
  /** Variables of a process that sends to it. */
  env: Record<string, string>;
  spans: ReceivedSpan[];
  /** The last that came, by name. */
  metrics: Map<string, ReceivedMetric>;
  close(): Promise<void>;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const metrics = new Map<string, ReceivedMetric>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as {
      resourceSpans?: Sent[];
      resourceMetrics?: Sent[];
    };
    for (const { resource, scopeSpans } of body.resourceSpans ?? []) {
      const service = String(valuesOf(resource.attributes)['service.name']);
      for (const span of scopeSpans?.flatMap((each) => each.spans) ?? []) spans.push(received(span, service));
    }
    for (const { scopeMetrics } of body.resourceMetrics ?? [])
      for (const metric of scopeMetrics?.flatMap((each) => each.metrics) ?? [])
        metrics.set(metric.name, metric);
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_METRIC_EXPORT_INTERVAL: '200',
    },
    spans,
    metrics,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function received(span: SentSpan, service: string): ReceivedSpan {
  const { traceId, spanId, parentSpanId = '', name, kind, attributes = [], status } = span;
  const [start, end] = [span.startTimeUnixNano, span.endTimeUnixNano].map((nano) => Number(nano) / 1e6);
  return {
    ...{ traceId, spanId, parentSpanId, name, kind, service },
    start: start as number,
    end: end as number,
    attributes: valuesOf(attributes),
    failed: status?.code === 2,
  };
}

function valuesOf(attributes: readonly Attribute[]): ReceivedSpan['attributes'] {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? Number(value.intValue ?? value.doubleValue),
    ]),
  );
}

/** Names of a trace's spans as a tree: each with those that began in it, by their beginnings. */
export interface SpanTree {
  span: ReceivedSpan;
  parts: SpanTree[];
}

export function spanTree(spans: readonly ReceivedSpan[], parent: string): SpanTree[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .sort((a, b) => a.start - b.start)
    .map((span) => ({ span, parts: spanTree(spans, span.spanId) }));
}

/** The tree's names, indented by two spaces a level. */
export function outline(tree: readonly SpanTree[], depth = 0): string {
  return tree
    .map(({ span, parts }) => `${'  '.repeat(depth)}${span.name}\n${outline(parts, depth + 1)}`)
    .join('');
}
