import type { Client } from './client.js';

/** The alias that production asks for. */
export const PRODUCTION = 'production';

/**
 * Puts a version in production.
 * @param expected The version that must still be there, null for none: of two people who decide at once, one is told. Left
 * out: any
 */
export async function promote(
  client: Client,
  name: string,
  version: string,
  expected?: string | null,
): Promise<void> {
  await client.service.detectors.moveAlias(name, PRODUCTION, version, { expected });
}
