import { pino } from 'pino';
import type { Logger } from '../app/logger.js';

/** JSON lines on stderr; stdout is for the address alone. */
export function createServiceLogger(level: 'debug' | 'info' | 'warn' | 'error' | 'silent'): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    // Not in the background: a line about why a process ended must be out before it has.
    pino.destination({ dest: 2, sync: true }),
  );
}
