import { ConfigurationError } from '@cflow/spec';

/** What is sent, and how. */
export interface TelemetrySettings {
  traces: boolean;
  metrics: boolean;
  /** Of OTLP over HTTP. */
  tracesAs: Encoding;
  metricsAs: Encoding;
}

export type Encoding = 'http/protobuf' | 'http/json';
export type Environment = Readonly<Record<string, string | undefined>>;

const ENCODINGS: readonly string[] = ['http/protobuf', 'http/json'];

/**
 * What the variables of OpenTelemetry ask for; undefined when they ask for nothing: without an endpoint or an exporter nothing
 * is sent, as nobody may be there to take it.
 *
 * @throws ConfigurationError for an exporter or a protocol that is not there
 */
export function telemetrySettings(env: Environment): TelemetrySettings | undefined {
  if (env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') return undefined;
  const traces = isAsked(env, 'TRACES');
  const metrics = isAsked(env, 'METRICS');
  if (!traces && !metrics) return undefined;
  return { traces, metrics, tracesAs: encodingOf(env, 'TRACES'), metricsAs: encodingOf(env, 'METRICS') };
}

function isAsked(env: Environment, signal: 'TRACES' | 'METRICS'): boolean {
  const name = `OTEL_${signal}_EXPORTER`;
  const exporter = env[name]?.trim();
  if (exporter === 'none') return false;
  if (exporter && exporter !== 'otlp')
    throw new ConfigurationError(
      `${name}: expected otlp or none, got "${exporter}"; send OTLP to a collector, which knows all others`,
    );
  return Boolean(
    exporter ||
      env.OTEL_EXPORTER_OTLP_ENDPOINT?.trim() ||
      env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`]?.trim(),
  );
}

function encodingOf(env: Environment, signal: 'TRACES' | 'METRICS'): Encoding {
  const own = `OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`;
  const name = env[own]?.trim() ? own : 'OTEL_EXPORTER_OTLP_PROTOCOL';
  const protocol = env[name]?.trim() || 'http/protobuf';
  if (ENCODINGS.includes(protocol)) return protocol as Encoding;
  throw new ConfigurationError(
    `${name}: expected ${ENCODINGS.join(' or ')}, got "${protocol}"; a collector takes them on port 4318`,
  );
}
