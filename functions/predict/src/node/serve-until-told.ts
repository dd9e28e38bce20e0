import { killThisProcess } from '@cflow/runtime/node';
import type { Service } from './start-service.js';

const LINGER_MS = 1000;

/**
 * Lets a service be until SIGINT or SIGTERM, or until only another process can go on, and ends it. Sets the exit code of a
 * service that has broken down; where something hangs that nothing else ends, it kills this process. Rejects when what was
 * to be preloaded cannot be loaded.
 */
export async function serveUntilTold(service: Service): Promise<void> {
  const failed = service.ready.then(() => new Promise<never>(() => {}));
  const broken = service.broken.then(({ exitCode }) => {
    process.exitCode = exitCode;
  });
  try {
    await Promise.race([signalled(), failed, broken]);
  } finally {
    // A thread that hangs in native code would hold the process for ever.
    if (!(await service.close())) killThisProcess();
    // And so would an output that nobody reads.
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
