import type { Logger } from '@cflow/spec';
import { standardOutput } from '@cflow/store/node';
import { pino } from 'pino';

export interface ServiceLog {
  readonly logger: Logger;
  /** Entries that nobody took in time, so far. */
  dropped(): number;
  /** Writes what is left, as far as it can within that time. */
  close(milliseconds: number): Promise<void>;
}

/**
 * JSON lines on stderr; stdout is for the address alone. Nothing that is served waits for them: where the disk is full or
 * nobody reads, they are kept, then dropped and counted, and a line says how many as soon as there is room.
 */
export function createServiceLog(level: 'debug' | 'info' | 'warn' | 'error' | 'silent'): ServiceLog {
  const output = standardOutput(2, {
    onDropped: (lines) =>
      logger.error({ dropped: lines }, 'entries of the log were dropped: nobody read them in time'),
  });
  const logger: Logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    output,
  );
  return { logger, dropped: () => output.dropped, close: (milliseconds) => output.close(milliseconds) };
}
