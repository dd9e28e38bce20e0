import type { openHead } from '@cflow/detector';
import { cudaCards } from '@cflow/runtime/node';
import type { DeviceMemory } from '../detectors/detector-memory.js';

/** The graph builder takes a while to load. */
export const openWhole: typeof openHead = async (...given) =>
  (await import('@cflow/detector/one-graph')).openOneGraph(...given);

/** Free bytes of a card; undefined where the driver does not report them. */
export async function freeBytesOf(card = 0): Promise<number | undefined> {
  return (await cudaCards()).find(({ id }) => id === card)?.freeBytes;
}

/**
 * The smallest memory of the cards, and what is free on the first, where the first lane is; undefined where the driver does
 * not report it.
 */
export async function memoryOfCards(chosen: readonly number[]): Promise<DeviceMemory | undefined> {
  const known = await cudaCards();
  const cards = chosen.flatMap((card) => known.filter(({ id }) => id === card));
  const [first] = cards;
  if (!first) return undefined;
  return { totalBytes: Math.min(...cards.map(({ totalBytes }) => totalBytes)), freeBytes: first.freeBytes };
}
