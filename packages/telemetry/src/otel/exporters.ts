// Either way of writing OTLP is loaded only where it is asked for. Addresses, headers, certificates, time and compression are the
// exporters' own to read, of OTEL_EXPORTER_OTLP_*.
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Encoding } from '../telemetry-settings.js';

export async function traceExporter(encoding: Encoding): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    encoding === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter();
}

export async function metricExporter(encoding: Encoding): Promise<PushMetricExporter> {
  const { OTLPMetricExporter } =
    encoding === 'http/json'
      ? await import('@opentelemetry/exporter-metrics-otlp-http')
      : await import('@opentelemetry/exporter-metrics-otlp-proto');
  return new OTLPMetricExporter();
}
