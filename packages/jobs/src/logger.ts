/** Where it is told what went wrong in the background. A pino logger fits. */
export interface JobsLogger {
  info(details: Record<string, unknown>, message: string): void;
  warn(details: Record<string, unknown>, message: string): void;
  error(details: Record<string, unknown>, message: string): void;
}

const nothing = (): void => {};

export const silentLogger: JobsLogger = { info: nothing, warn: nothing, error: nothing };
