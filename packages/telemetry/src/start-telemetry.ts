import type { Telemetry, TelemetryOptions } from './telemetry.js';
import { telemetrySettings } from './telemetry-settings.js';

/**
 * Traces and metrics by OTLP over HTTP, where `OTEL_*` asks for them; undefined elsewhere, and then nothing of OpenTelemetry is
 * loaded.
 *
 * @throws ConfigurationError when what is asked for is not there
 */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry | undefined> {
  const settings = telemetrySettings(options.env);
  if (!settings) return undefined;
  const { openTelemetry } = await import('./otel/open-telemetry.js');
  return openTelemetry(settings, options);
}
