import type { StartTrace } from '@cflow/spec';
import type { Environment } from './telemetry-settings.js';

/** Numbers that are kept for Prometheus, as prom-client's registries give them. */
export interface MetricsRegistry {
  getMetricsAsJSON(): Promise<readonly unknown[]>;
}

export interface TelemetryOptions {
  /** Variables of OpenTelemetry (`OTEL_*`); those of the process, which the exporters read by themselves. */
  env: Environment;
  /** `service.name`, unless `OTEL_SERVICE_NAME` says otherwise. */
  name: string;
  version: string;
  /** Told when what was recorded cannot be sent; the same reason at most once a minute. */
  onError: (reason: string) => void;
}

export interface Telemetry {
  /** Undefined where no traces are asked for. */
  readonly startTrace: StartTrace | undefined;
  /** Whether metrics are asked for. */
  readonly wantsMetrics: boolean;
  /** Sends what is in a registry again and again, where metrics are asked for. */
  sendMetrics(registry: MetricsRegistry): void;
  /** Sends what has not been sent, within a second. */
  close(): Promise<void>;
}
