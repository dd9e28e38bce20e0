import { readServiceEnvironment, serveUntilTold, startService } from '@cflow/predict/node';
import { packageVersion } from '../../package-version.js';
import { telemetryOf } from '../../telemetry.js';
import { ignoreOutputErrors, noteLine, printLine } from '../../terminal/output.js';
import type { ServeFlags } from './flags.js';
import { inspectDataSet } from './inspect-data-set.js';
import { serviceVariables } from './service-variables.js';
import { trainHere } from './train-here.js';

/** Runs the service until it is told to end, and lets it finish what it has begun. */
export async function runServe(
  bundles: readonly string[],
  flags: ServeFlags,
  device: string | undefined,
): Promise<void> {
  ignoreOutputErrors();
  const environment = readServiceEnvironment(serviceVariables(process.env, bundles, flags, device));
  const telemetry = await telemetryOf('cflow');
  const service = await startService({
    environment,
    version: packageVersion(),
    startWorker: trainHere,
    inspectDataSet,
    telemetry,
  });
  const served = serveUntilTold(service);
  printLine(service.url);
  if (process.stderr.isTTY) noteLine(`Page: ${service.url}/   API: ${service.url}/docs   Ctrl-C ends it`);
  await served;
}
