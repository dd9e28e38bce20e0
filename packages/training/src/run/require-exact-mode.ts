import { precisionMode } from '@cflow/runtime/node';
import { ConfigurationError } from '@cflow/spec';

/**
 * What is trained is exact: a bundle's own numbers are those that every device must give.
 * @throws ConfigurationError in a process of another precision mode
 */
export function requireExactMode(): void {
  const mode = precisionMode();
  if (mode === 'exact') return;
  throw new ConfigurationError(
    `detectors are made in the precision mode exact, and CFLOW_PRECISION_MODE is "${mode}"; unset it for this, and calibrate the ` +
      'detector for the other mode with "cflow calibrate"',
  );
}
