import type { HrTime } from '@opentelemetry/api';
import { ValueType } from '@opentelemetry/api';
import { type InstrumentationScope, millisToHrTime } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { MetricsRegistry } from '../telemetry.js';

type Labels = Readonly<Record<string, string | number>>;

/** What prom-client says of one metric. */
interface Family {
  name: string;
  help: string;
  type: string;
  values: readonly { value: number; labels: Labels; metricName?: string | undefined }[];
}

/**
 * The numbers of a Prometheus registry as OpenTelemetry has them, under the same names: what is counted is counted in one place,
 * and a dashboard is the same whichever way they come.
 */
export class RegistryProducer implements MetricProducer {
  readonly #registry: MetricsRegistry;
  readonly #resource: Resource;
  readonly #scope: InstrumentationScope;
  readonly #since: HrTime = millisToHrTime(Date.now());

  constructor(registry: MetricsRegistry, resource: Resource, scope: InstrumentationScope) {
    this.#registry = registry;
    this.#resource = resource;
    this.#scope = scope;
  }

  async collect(): Promise<CollectionResult> {
    const families = (await this.#registry.getMetricsAsJSON()) as Family[];
    const times = { startTime: this.#since, endTime: millisToHrTime(Date.now()) };
    const metrics = families.flatMap((family) => metricOf(family, times) ?? []);
    return {
      resourceMetrics: { resource: this.#resource, scopeMetrics: [{ scope: this.#scope, metrics }] },
      errors: [],
    };
  }
}

interface Times {
  startTime: HrTime;
  endTime: HrTime;
}

function metricOf(family: Family, times: Times): MetricData | undefined {
  const { name, help, type, values } = family;
  const common = {
    descriptor: { name, description: help, unit: unitOf(name), valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const points = (): DataPoint<number>[] =>
    values.map(({ value, labels }) => ({ ...times, attributes: { ...labels }, value }));
  if (type === 'counter')
    return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: points() };
  if (type === 'gauge') return { ...common, dataPointType: DataPointType.GAUGE, dataPoints: points() };
  if (type === 'histogram')
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: histograms(family, times) };
  return undefined;
}

/** Prometheus counts what is at most a bound, OpenTelemetry what is between two. */
function histograms({ name, values }: Family, times: Times): DataPoint<Histogram>[] {
  const groups = new Map<
    string,
    { labels: Labels; below: [bound: number, count: number][]; sum: number; count: number }
  >();
  for (const { value, labels: all, metricName } of values) {
    const { le, ...labels } = all;
    const key = JSON.stringify(Object.entries(labels).sort());
    const group = groups.get(key) ?? { labels, below: [], sum: 0, count: 0 };
    groups.set(key, group);
    if (metricName === `${name}_sum`) group.sum = value;
    else if (metricName === `${name}_count`) group.count = value;
    else if (le !== undefined && le !== '+Inf') group.below.push([Number(le), value]);
  }
  return [...groups.values()].map(({ labels, below, sum, count }) => {
    below.sort(([a], [b]) => a - b);
    const counts = below.map(([, upTo], i) => upTo - (below[i - 1]?.[1] ?? 0));
    counts.push(count - (below.at(-1)?.[1] ?? 0));
    const buckets = { boundaries: below.map(([bound]) => bound), counts };
    return { ...times, attributes: { ...labels }, value: { buckets, sum, count } };
  });
}

function unitOf(name: string): string {
  if (/_seconds(_total)?$/.test(name)) return 's';
  return /_bytes(_total)?$/.test(name) ? 'By' : '';
}
