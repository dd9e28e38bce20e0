import type { Client } from './client.js';

/** The alias that production asks for. */
export const PRODUCTION = 'production';

/**
 * Puts a version in production.
 * @param expected What must be there still, null for none: of two who decide at once, one is told. Left out: whatever is there
 */
export async function promote(
  client: Client,
  name: string,
  version: string,
  expected?: string | null,
): Promise<void> {
  await client.service.detectors.moveAlias(name, PRODUCTION, version, { expected });
}
