export { startTelemetry } from './start-telemetry.js';
export type { MetricsRegistry, Telemetry, TelemetryOptions } from './telemetry.js';
export { telemetrySettings } from './telemetry-settings.js';
