export {
  type MetricsRegistry,
  startTelemetry,
  type Telemetry,
  type TelemetryOptions,
} from './start-telemetry.js';
export { telemetrySettings } from './telemetry-settings.js';
