import type { Client } from './client/client.js';

/**
 * The longest turn of the service's event loop since it was last asked, in milliseconds, as its metrics say; undefined
 * on a host without metrics. Asking begins a new count.
 */
export async function longestTurn(operator: Client): Promise<number | undefined> {
  const { status, text } = await operator.ask('/metrics');
  if (status !== 200) return undefined;
  const seconds = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)?.[1];
  return seconds === undefined ? undefined : 1000 * Number(seconds);
}
