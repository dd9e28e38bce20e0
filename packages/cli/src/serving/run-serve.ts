import { readServiceEnvironment, startService } from '@cflow/predict/node';
import type { ServeFlags } from '../commands/serve.js';
import { packageVersion } from '../package-version.js';
import { ignoreOutputErrors, noteLine, printLine } from '../terminal/output.js';
import { serviceVariables } from './service-variables.js';
import { trainHere } from './train-here.js';

const LINGER_MS = 1000;

/** Runs the service until it is told to end, and lets it finish what it has begun. */
export async function runServe(
  bundles: readonly string[],
  flags: ServeFlags,
  device: string | undefined,
): Promise<void> {
  ignoreOutputErrors();
  const environment = readServiceEnvironment(serviceVariables(process.env, bundles, flags, device));
  const service = await startService({ environment, version: packageVersion(), startWorker: trainHere });
  const told = signalled();
  printLine(service.url);
  if (process.stderr.isTTY) noteLine(`Page: ${service.url}/   API: ${service.url}/docs   Ctrl-C ends it`);
  const failed = service.ready.then(() => new Promise<never>(() => {}));
  try {
    await Promise.race([told, failed]);
  } finally {
    await service.close();
    // An output that nobody reads would hold the process for ever.
    setTimeout(() => process.exit(), LINGER_MS).unref();
  }
}

/** Resolves with the first SIGINT or SIGTERM; the second ends the process at once, as it does by default. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    const hear = (): void => {
      process.off('SIGINT', hear);
      process.off('SIGTERM', hear);
      resolve();
    };
    process.on('SIGINT', hear);
    process.on('SIGTERM', hear);
  });
}
