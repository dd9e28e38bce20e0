import type { openHead } from '@cflow/detector';
import { cudaCards } from '@cflow/runtime/node';
import type { DeviceMemory } from '../detectors/detector-memory.js';

/** What builds graphs takes a while to load. */
export const openWhole: typeof openHead = async (...given) =>
  (await import('@cflow/detector/one-graph')).openOneGraph(...given);

/** Bytes that a card has left; undefined where the driver does not tell. */
export async function freeBytesOf(card = 0): Promise<number | undefined> {
  return (await cudaCards()).find(({ id }) => id === card)?.freeBytes;
}

/** Of several cards the smallest memory, and what the first has left, where the first lane is; undefined where the driver does not tell. */
export async function memoryOfCards(chosen: readonly number[]): Promise<DeviceMemory | undefined> {
  const known = await cudaCards();
  const cards = chosen.flatMap((card) => known.filter(({ id }) => id === card));
  const [first] = cards;
  if (!first) return undefined;
  return { totalBytes: Math.min(...cards.map(({ totalBytes }) => totalBytes)), freeBytes: first.freeBytes };
}
