import { startTelemetry, type Telemetry } from '@cflow/telemetry';
import { packageVersion } from './package-version.js';
import { noteLine } from './terminal/output.js';
import { printable } from './terminal/printable.js';

/** What `OTEL_*` asks for; undefined when that is nothing. @throws ConfigurationError */
export function telemetryOf(name: string): Promise<Telemetry | undefined> {
  return startTelemetry({
    env: process.env,
    name,
    version: packageVersion(),
    onError: (reason) => noteLine(printable(`telemetry: ${reason}`)),
  });
}
