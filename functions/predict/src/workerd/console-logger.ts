import type { Logger } from '@cflow/spec';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line of JSON for each entry, on the console, which is where a Worker's log is. */
export function consoleLogger(level: LogLevel): Logger {
  const write =
    (own: Exclude<LogLevel, 'silent'>): Logger['info'] =>
    (fields, msg) => {
      if (LOG_LEVELS.indexOf(own) < LOG_LEVELS.indexOf(level)) return;
      const shown = Object.entries(fields).map(([name, value]) => [
        name,
        value instanceof Error ? `${value.stack ?? value}` : value,
      ]);
      console[own](JSON.stringify({ level: own, msg, ...Object.fromEntries(shown) }));
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
