import type { Client } from './client.js';
import { PRODUCTION } from './promote.js';

/**
 * What a version is asked for by: an alias that points to it, so that what scores beside an alias is compared and a later
 * version takes over; its own digits where none does, or nobody can say.
 */
export async function referenceTo(client: Client, name: string, version: string): Promise<string> {
  try {
    const { aliases } = await client.service.detectors.get(name);
    if (aliases[PRODUCTION] === version) return PRODUCTION;
    return Object.keys(aliases).find((alias) => aliases[alias] === version) ?? version;
  } catch {
    // The view that opens with it says what is wrong.
    return version;
  }
}
