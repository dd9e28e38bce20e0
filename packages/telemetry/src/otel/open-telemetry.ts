import type { StartTrace } from '@cflow/spec';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { MetricsRegistry, Telemetry, TelemetryOptions } from '../telemetry.js';
import type { TelemetrySettings } from '../telemetry-settings.js';
import { metricExporter, traceExporter } from './exporters.js';
import { startTraceWith } from './otel-span.js';
import { RegistryProducer } from './registry-producer.js';

/** What a collector that is away may hold up an end. */
const CLOSE_MS = 1000;
const SAME_MS = 60_000;

/** OpenTelemetry's parts, put together. The only file besides its neighbors that loads them. */
export async function openTelemetry(
  settings: TelemetrySettings,
  { name, version, onError }: TelemetryOptions,
): Promise<Telemetry> {
  tellErrors(onError);
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': name, 'service.version': version }))
    .merge(detectResources({ detectors: [envDetector] }));
  const provider = settings.traces
    ? new BasicTracerProvider({
        resource,
        spanProcessors: [new BatchSpanProcessor(await traceExporter(settings.tracesAs))],
      })
    : undefined;
  const startTrace: StartTrace | undefined = provider && startTraceWith(provider.getTracer('cflow', version));
  const exporter = settings.metrics ? await metricExporter(settings.metricsAs) : undefined;
  const readers: PeriodicExportingMetricReader[] = [];
  return {
    startTrace,
    wantsMetrics: settings.metrics,
    sendMetrics(registry: MetricsRegistry) {
      if (!exporter) return;
      const exportIntervalMillis = milliseconds('OTEL_METRIC_EXPORT_INTERVAL', 60_000);
      const exportTimeoutMillis = Math.min(
        milliseconds('OTEL_METRIC_EXPORT_TIMEOUT', 30_000),
        exportIntervalMillis,
      );
      const reader = new PeriodicExportingMetricReader({
        exporter,
        exportIntervalMillis,
        exportTimeoutMillis,
      });
      reader.setMetricProducer(new RegistryProducer(registry, resource, { name: 'cflow', version }));
      readers.push(reader);
    },
    async close() {
      const ended = Promise.allSettled([
        provider?.shutdown(),
        ...readers.map((reader) => reader.shutdown({ timeoutMillis: CLOSE_MS })),
      ]);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      await Promise.race([ended, late]);
      clearTimeout(timer);
    },
  };
}

/** A positive number of a variable, which the reader, unlike all others, does not read itself. */
function milliseconds(name: string, otherwise: number): number {
  const value = Number(process.env[name]);
  return Number.isFinite(value) && value > 0 ? value : otherwise;
}

/** Errors of exporters end here: a verdict must not wait for a collector. */
function tellErrors(onError: (reason: string) => void): void {
  const told = new Map<string, number>();
  const tell = (message: string, ...more: unknown[]): void => {
    const reason = [message, ...more].map(shortReason).filter(Boolean).join(' ').slice(0, 500);
    const now = performance.now();
    if (now - (told.get(reason) ?? Number.NEGATIVE_INFINITY) < SAME_MS) return;
    if (told.size > 100) told.clear();
    told.set(reason, now);
    onError(reason);
  };
  const nothing = (): void => {};
  const logger = { error: tell, warn: tell, info: nothing, debug: nothing, verbose: nothing };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}

/** Errors come as JSON with a stack, which says nothing to an operator. */
function shortReason(part: unknown): string {
  if (typeof part !== 'string') return part instanceof Error ? part.message : '';
  try {
    const { message, code } = JSON.parse(part) as { message?: string; code?: string };
    return [message, code].filter(Boolean).join(' ') || part;
  } catch {
    return part;
  }
}
